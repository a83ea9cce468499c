"""A gradient as a sum: the mean over the examples of a batch, and penalties."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from chainrule.notation.numbers import number
from chainrule.notation.styles import Style, Written
from chainrule.notation.symbols import Derivative
from chainrule.viz.chain.branches import sum_text
from chainrule.viz.chain.check import Check
from chainrule.viz.chain.explanation import Explanation, Extent, Summand, aligned
from chainrule.viz.chain.paths import Path
from chainrule.viz.derivative_lines import derivative_lines, measured
from chainrule.viz.diagram import Diagram
from chainrule.viz.scene import Block, Line, Link, Role, Scene
from chainrule.viz.text import Plain, Row, Text, row

MOST_WRITTEN = 4
"""Examples that the sum writes out; of more the first ones and dots."""


@dataclass(frozen=True)
class Numbers(Text):
    """Numbers that are added up: ``0.5 − 0.25``."""

    values: tuple[float, ...]

    def written(self, style: Style) -> str:
        """Write the sum."""
        return sum_text(self.values, style)


class SumExplanation(Explanation):
    """A gradient as the sum of others, each of which has a chain of its own.

    Attributes:
        largest: the part that contributes most.
    """

    def __init__(
        self,
        symbol: Derivative,
        value: float,
        parts: Sequence[Summand],
        extent: Extent,
        slope: Callable[[], float],
    ) -> None:
        self.symbol = symbol
        self.value = value
        self.parts = list(parts)
        self.largest = max(parts, key=lambda part: abs(part.contribution))
        self._extent = extent
        self._slope = slope
        self._examples = [part for part in parts if part.number]
        self._others = [part for part in parts if not part.number]

    @functools.cached_property
    def count(self) -> int:
        """How many paths lead from the weight to the loss, exactly."""
        return sum(part.explanation.count for part in self.parts)

    @functools.cached_property
    def paths(self) -> list[Path]:
        """Those that contribute most, each within its example or penalty."""
        found = [
            replace(path, contribution=part.factor * path.contribution)
            for part in self.parts
            for path in part.explanation.paths
        ]
        found.sort(key=lambda path: -abs(path.contribution))
        return found[: self._extent.top]

    def check(self) -> Check:
        """Compare the sum over the parts, autodiff and a finite difference."""
        return self._check

    @functools.cached_property
    def _check(self) -> Check:
        total = sum(part.factor * part.explanation.value for part in self.parts)
        return Check(total, self.value, self._slope())

    @property
    def text(self) -> str:
        """The sum in symbols and in numbers, and the chains that contribute most."""
        head = self.symbol.unicode()
        lines = [f"{head} = {self._sums[0].unicode()}"]
        lines += [f"{' ' * len(head)} = {text.unicode()}" for text in self._sums[1:]]
        lines += ["", f"{self.check()}   {self.counted}"]
        for part in self._told:
            lines += ["", self._heading(part), "", *part.explanation.derivation]
        if len(self._examples) > MOST_WRITTEN:
            lines += ["", "what examples contribute, the most first:"]
            lines += [
                f"  {number(part.contribution):>10}  {part.label}"
                for part in self._ranked[: self._extent.top]
            ]
        return "\n".join(lines)

    @property
    def latex(self) -> str:
        r"""The sum as ``align*``; needs the packages amsmath and xcolor."""
        first, *others = [f"&= {text.latex()}" for text in self._sums]
        rows = [f"{self.symbol.latex()} {first}", *others]
        for part in self._told:
            rows += part.explanation.latex_rows
        return aligned(rows)

    @functools.cached_property
    def diagram(self) -> Diagram:
        """The parts between the weight and the loss, and what each contributes."""
        check = self.check()
        verdict = Plain("     ".join([*check.verdicts(), self.counted]))
        value = measured(self.symbol, Plain(number(self.value)))
        (w,) = self.symbol.wrt
        return Diagram(
            Scene(
                self.symbol.unicode(),
                [
                    Block("w", "parameter", w, [Line(value, "gradient", "parameter")]),
                    *(_block(place, part) for place, part in enumerate(self._drawn)),
                    Block("J", "loss", self.symbol.of),
                ],
                [
                    link
                    for place, part in enumerate(self._drawn)
                    for link in self._links(place, part)
                ],
                caption=[
                    Line(row(self.symbol, "  =  ", self._sums[0]), "equation"),
                    *(Line(row("=  ", text), "equation") for text in self._sums[1:]),
                    *self._left_out,
                    Line(verdict, "good" if check.agrees else "mark"),
                    *self._extent.remarks,
                ],
                rankdir=self._extent.rankdir,
            )
        )

    @property
    def _ranked(self) -> list[Summand]:
        """The examples, those first that contribute most."""
        return sorted(self._examples, key=lambda part: -abs(part.contribution))

    @property
    def _told(self) -> list[Summand]:
        """The parts whose chain is written out: one example, and every penalty."""
        return [*self._ranked[:1], *self._others]

    @property
    def _drawn(self) -> list[Summand]:
        """The parts that the diagram shows, in their order."""
        most = {id(part) for part in self._ranked[: self._extent.top]}
        return [p for p in self.parts if not p.number or id(p) in most]

    @property
    def _left_out(self) -> list[Line]:
        """Say what the diagram does not show."""
        rest = [part for part in self.parts if part not in self._drawn]
        if not rest:
            return []
        together = number(sum(part.contribution for part in rest))
        text = f"not drawn: {len(rest)} more examples, together {together}"
        return [Line(Plain(text), "note")]

    @functools.cached_property
    def _sums(self) -> list[Row]:
        """The sum in symbols, in numbers, and what it comes to."""
        symbols: list[Written | str] = []
        numbers: list[Written | str] = []
        if self._examples:
            written = self._examples[:MOST_WRITTEN]
            dots = [" + ", "…"] if len(written) < len(self._examples) else []
            terms = [self._derivative(part) for part in written]
            first = self._examples[0].factor
            scale: list[Written | str] = []
            if first != 1:
                scale = [Plain(f"1/{round(1 / first)}"), " · ", "("]
            end = [")"] if scale else []
            symbols = [*scale, *_joined(terms), *dots, *end]
            values = tuple(part.value for part in written)
            numbers = [*scale, Numbers(values), *dots, *end]
        for part in self._others:
            plus = [" + "] if symbols else []
            symbols += [*plus, self._derivative(part)]
            value = Numbers((part.value,))
            numbers += plus
            numbers += ["(", value, ")"] if plus and part.value < 0 else [value]
        return [row(*symbols), row(*numbers), row(Numbers((self.value,)))]

    def _derivative(self, part: Summand) -> Derivative:
        return replace(self.symbol, of=part.symbol)

    def _heading(self, part: Summand) -> str:
        most = part.number and len(self._examples) > 1
        return f"{part.label}{', which contributes most' if most else ''}:"

    def _links(self, place: int, part: Summand) -> Iterator[Link]:
        """Draw the way from the weight through one part to the loss, and back."""
        symbols = Derivative(self.symbol.of, (part.symbol,)), self._derivative(part)
        factor = "1" if part.factor == 1 else f"1/{round(1 / part.factor)}"
        ways: list[tuple[str, str, Role, str]] = [
            ("w", f"p{place}", "parameter", number(part.value)),
            (f"p{place}", "J", "loss", factor),
        ]
        for symbol, (tail, head, role, value) in zip(symbols[::-1], ways, strict=True):
            lines = derivative_lines(symbol, None, Plain(value), role)
            yield Link(tail, head, "forward")
            yield Link(tail, head, "backward", role, lines)


def _block(place: int, part: Summand) -> Block:
    return Block(f"p{place}", "op", part.symbol, [Line(Plain(part.label), "note")])


def _joined(terms: Sequence[Written]) -> list[Written | str]:
    """Put a plus between terms."""
    first, *others = terms
    return [first, *(part for term in others for part in (" + ", term))]
