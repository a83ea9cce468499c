"""Branches of a chain: a factor that is a sum, unfolded into its paths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from chainrule.notation.numbers import number
from chainrule.notation.styles import Style
from chainrule.notation.symbols import Derivative
from chainrule.viz.chain.chain import Chain, Factor
from chainrule.viz.chain.entries import Entry, EntryEdge
from chainrule.viz.chain.entry_symbols import EntrySymbols
from chainrule.viz.chain.paths import Path, best_paths
from chainrule.viz.derivative_lines import derivative_lines
from chainrule.viz.scene import Line
from chainrule.viz.text import Plain, Tinted, row


@dataclass(frozen=True)
class Segment:
    """A part of a path, from one number that has a name to the next."""

    edges: tuple[EntryEdge, ...]

    @property
    def bottom(self) -> Entry:
        """The number where it begins."""
        return self.edges[0].source

    @property
    def top(self) -> Entry:
        """The number where it ends."""
        return self.edges[-1].target

    @property
    def slope(self) -> float:
        """∂top/∂bottom along this path alone."""
        return float(np.prod([edge.slope for edge in self.edges]))


@dataclass(frozen=True)
class Branches:
    """The paths of a factor that contribute most, and the rest of them.

    Attributes:
        factor: a sum over several paths.
        paths: the ones that are drawn.
        segments: what they consist of, each once.
    """

    factor: Factor
    paths: Sequence[Path]
    segments: Sequence[Segment]

    def segment_lines(self, segment: Segment, chain: Chain) -> list[Line]:
        """Return the text of one segment's edge."""
        symbols = chain.symbols
        symbol = Derivative(
            symbols.symbol(segment.top), (symbols.symbol(segment.bottom),)
        )
        rule = chain.rules.along(segment.edges)
        return derivative_lines(
            symbol, rule, Plain(number(segment.slope)), self.factor.role
        )

    def rest_lines(self) -> list[Line]:
        """Return the text of the edge for all paths that are not drawn, if any."""
        rest, role = self.factor.count - len(self.paths), self.factor.role
        if not rest:
            return []
        others = self.factor.value - sum(path.contribution for path in self.paths)
        more = f"{rest:,} more path{'s' if rest > 1 else ''}".replace(",", "\u202f")
        return [
            Line(Plain(more), "symbol", role),
            Line(Plain(f"together {number(others)}"), "value", role),
        ]

    def sum_line(self) -> Line:
        """Write the sum out: ``∂J/∂a = 0.1718 − 0.073 + … = 0.0988``."""
        factor = self.factor
        text = sum_text([path.contribution for path in self.paths])
        if len(self.paths) < factor.count:
            text += " + …"
        equation = row(
            Tinted(factor.symbol, factor.role),
            "  =  ",
            Tinted(Plain(text), factor.role),
            "  =  ",
            Tinted(Plain(number(factor.value)), factor.role),
        )
        return Line(equation, "value")


def unfolded(factor: Factor, chain: Chain, most: int) -> Branches:
    """Return the `most` paths of a factor that contribute most, cut into segments."""
    paths = best_paths(chain.graph, factor.bottom, factor.top, most)
    parts = dict.fromkeys(
        segment for path in paths for segment in _segments(path, chain.symbols)
    )
    return Branches(factor, paths, list(parts))


def _segments(path: Path, symbols: EntrySymbols) -> Iterator[Segment]:
    """Cut a path where a number has a name."""
    held: list[EntryEdge] = []
    for edge in path.edges:
        held.append(edge)
        if symbols.named(edge.target.node) or edge is path.edges[-1]:
            yield Segment(tuple(held))
            held = []


def sum_text(parts: Sequence[float], style: Style = "unicode") -> str:
    """Write a sum: ``0.1718 − 0.073``.

    >>> sum_text([0.5, -0.25])
    '0.5 − 0.25'
    """
    first, *others = parts
    text, minus = number(first, style), "-" if style == "latex" else "−"
    for part in others:
        text += f" {minus if part < 0 else '+'} {number(abs(part), style)}"
    return text
