"""Where a chain branches: the factor that is a sum, unfolded into its paths."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from chainrule.notation.symbols import Derivative, Symbol
from chainrule.notation.writer import Written, number
from chainrule.viz.chain.chain import Chain, Factor
from chainrule.viz.chain.entries import Element, Step
from chainrule.viz.chain.paths import Path, best_paths
from chainrule.viz.derivative_lines import derivative_lines
from chainrule.viz.scene import Line, Link, Scene
from chainrule.viz.text import Plain, Tinted, row


def sum_text(parts: Sequence[float]) -> str:
    """Write a sum: ``0.1718 − 0.073``.

    >>> sum_text([0.5, -0.25])
    '0.5 − 0.25'
    """
    first, *others = parts
    text = number(first)
    for part in others:
        text += f" {'−' if part < 0 else '+'} {number(abs(part))}"
    return text


@dataclass(frozen=True)
class Segment:
    """A part of a path, from one number that has a name to the next."""

    steps: tuple[Step, ...]

    @property
    def bottom(self) -> Element:
        """Where it begins."""
        return self.steps[0].source

    @property
    def top(self) -> Element:
        """Where it ends."""
        return self.steps[-1].target

    @property
    def slope(self) -> float:
        """∂top/∂bottom along this path alone."""
        return float(np.prod([step.slope for step in self.steps]))


def segments(path: Path, chain: Chain) -> Iterator[Segment]:
    """Cut a path where a number has a name."""
    held: list[Step] = []
    for step in path.steps:
        held.append(step)
        named = isinstance(chain.naming.symbol(step.target.node), Symbol)
        if named or step is path.steps[-1]:
            yield Segment(tuple(held))
            held = []


def add_branches(
    scene: Scene,
    factor: Factor,
    ids: dict[Element, str],
    chain: Chain,
    top: int,
    add_block: Callable[[Element], None],
) -> None:
    """Draw the paths of a factor that contribute most, and what the others add.

    Args:
        scene: where to.
        factor: a sum over several paths.
        ids: the blocks there are.
        chain: what the factor belongs to.
        top: how many paths to draw.
        add_block: draws a number that has no block yet.
    """
    paths = best_paths(chain.within, factor.bottom, factor.top, top)
    parts = dict.fromkeys(part for path in paths for part in segments(path, chain))
    for part in parts:
        if part.top not in ids:
            add_block(part.top)
    for part in parts:
        tail, head = ids[part.bottom], ids[part.top]
        symbol = Derivative(chain.symbol(part.top), (chain.symbol(part.bottom),))
        lines = derivative_lines(
            symbol, chain.along(part.steps), number(part.slope), factor.role
        )
        scene.links.append(Link(tail, head, "forward"))
        scene.links.append(Link(tail, head, "backward", factor.role, lines))
    rest = factor.count - len(paths)
    if rest:
        others = factor.value - sum(path.contribution for path in paths)
        more = f"{rest:,} more path{'s' if rest > 1 else ''}".replace(",", "\u202f")
        lines = [
            Line(Plain(more), "symbol", factor.role),
            Line(Plain(f"together {number(others)}"), "value", factor.role),
        ]
        ends = ids[factor.bottom], ids[factor.top]
        scene.links.append(Link(*ends, "backward", factor.role, lines))
    scene.caption.append(Line(_sum(factor, paths), "value"))


def _sum(factor: Factor, paths: list[Path]) -> Written:
    """Write the sum out: ``∂J/∂a = 0.1718 − 0.073 + … = 0.0988``."""
    text = sum_text([path.contribution for path in paths])
    if len(paths) < factor.count:
        text += " + …"
    return row(
        Tinted(factor.symbol, factor.role),
        "  =  ",
        Tinted(Plain(text), factor.role),
        "  =  ",
        Tinted(Plain(number(factor.value)), factor.role),
    )
