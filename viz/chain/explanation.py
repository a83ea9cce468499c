"""An explanation: one gradient, written out, summed over paths, and checked."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chainrule.notation.symbols import Derivative, Symbol
from chainrule.notation.writer import Style, Written, number, symbol_text
from chainrule.viz import style
from chainrule.viz.chain.chain import Factor
from chainrule.viz.chain.paths import Path
from chainrule.viz.diagram import Diagram
from chainrule.viz.scene import Scene

RELATIVE, ABSOLUTE = 1e-4, 1e-7
"""How far a finite difference may be off."""


@dataclass(frozen=True)
class Check:
    """Three ways to the same gradient, held against each other.

    Attributes:
        paths: the sum over all paths, which is the product of the factors.
        autodiff: what the reverse sweep computes.
        finite_difference: (J(w + h) − J(w − h)) / 2h.
    """

    paths: float
    autodiff: float
    finite_difference: float

    @property
    def exact(self) -> bool:
        """Whether the sum over the paths is what the reverse sweep computes."""
        return abs(self.paths - self.autodiff) <= 1e-9 * max(1.0, abs(self.autodiff))

    @property
    def near(self) -> bool:
        """Whether the finite difference agrees, as nearly as it can."""
        off = abs(self.finite_difference - self.autodiff)
        return off <= ABSOLUTE + RELATIVE * abs(self.autodiff)

    @property
    def agrees(self) -> bool:
        """Whether all three do."""
        return self.exact and self.near

    def lines(self) -> list[tuple[bool, str]]:
        """Return what was checked, and whether it held."""
        return [
            (self.exact, f"autodiff {number(self.autodiff)}"),
            (self.near, f"finite difference {number(self.finite_difference)}"),
        ]

    def __str__(self) -> str:
        return "   ".join(f"{'✓' if ok else '✗'} {text}" for ok, text in self.lines())


class Explanation:
    """Why one gradient has the value it has.

    Attributes:
        symbol: what is explained, ∂J/∂w₁.
        value: its number.
        factors: the chain, the loss's factor first; their product is the value.
        count: how many paths lead from the weight to the loss, exactly.
        paths: those that contribute most.
    """

    def __init__(
        self,
        symbol: Derivative,
        value: float,
        factors: Sequence[Factor],
        count: int,
        paths: Sequence[Path],
        where: Sequence[tuple[Symbol, Written]],
        written: Callable[[Path], str],
        checked: Callable[[], Check],
        drawn: Callable[[Explanation], Scene],
    ) -> None:
        self.symbol = symbol
        self.value = value
        self.factors = list(factors)
        self.count = count
        self.paths = list(paths)
        self._where = where
        self._written = written
        self._checked = checked
        self._drawn = drawn

    def check(self) -> Check:
        """Hold the sum over paths, autodiff and a finite difference together."""
        return self._check

    @functools.cached_property
    def _check(self) -> Check:
        return self._checked()

    @functools.cached_property
    def diagram(self) -> Diagram:
        """The chain as a diagram that states what was checked."""
        return Diagram(self._drawn(self))

    @property
    def text(self) -> str:
        """The explanation for a terminal."""
        head = self.symbol.unicode()
        pad = " " * len(head)
        lines = [
            f"{head} = " + (_product(self.factors, "unicode") or "0"),
            f"{pad} = " + (_numbers(self.factors, "unicode") or "no path"),
        ]
        if len(self.factors) > 1:
            lines.append(f"{pad} = {number(self.value)}")
        lines.append("")
        width = max((len(f.symbol.unicode()) for f in self.factors), default=0)
        for factor in self.factors:
            rule, value = factor.rule.unicode(), number(factor.value)
            rule = rule if rule == value else f"{rule} = {value}"
            lines.append(f"  {factor.symbol.unicode():<{width}} = {rule}")
        if self._where:
            told = ", ".join(f"{s.unicode()} = {f.unicode()}" for s, f in self._where)
            lines.append(f"  where {told}")
        lines += ["", f"{self.check()}   {self.counted}"]
        if self.count > 1:
            paths = self.paths
            if len(paths) < self.count:
                paths = [path for path in paths if path.contribution] or paths
            lines += ["", f"{self._title(paths)}:"]
            lines += [
                f"  {number(path.contribution):>10}  {self._written(path)}"
                for path in paths
            ]
        return "\n".join(lines)

    def _title(self, listed: Sequence[Path]) -> str:
        shown = len(listed)
        if shown == self.count:
            return "paths"
        if not any(path.contribution for path in listed):
            return f"{shown} of {self.counted}; each contributes 0"
        if shown < len(self.paths):
            return f"{shown} of {self.counted}; the others contribute 0"
        return f"the {shown} paths that contribute most"

    @property
    def counted(self) -> str:
        """How many paths there are, in words."""
        return "1 path" if self.count == 1 else f"{_grouped(self.count)} paths"

    @property
    def latex(self) -> str:
        r"""The chain as ``align*``; needs the packages amsmath and xcolor."""
        rows = [
            f"{self.symbol.latex()} &= " + (_product(self.factors, "latex") or "0"),
            "&= " + (_numbers(self.factors, "latex") or r"\text{no path}"),
        ]
        if len(self.factors) > 1:
            rows.append(f"&= {number(self.value, 'latex')}")
        if self._where:
            told = r",\; ".join(f"{s.latex()} = {f.latex()}" for s, f in self._where)
            rows.append(rf"&\text{{where }} {told}")
        body = " \\\\\n".join(rows)
        return f"\\begin{{align*}}\n{body}\n\\end{{align*}}"

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return (
            f"<Explanation {self.symbol.unicode()} = {number(self.value)}, "
            f"{self.counted}; .text, .latex, .diagram, .paths, .check()>"
        )

    def _repr_svg_(self) -> str:
        return self.diagram._repr_svg_()


def _product(factors: Sequence[Factor], how: Style) -> str:
    return _dots(how).join(
        _colored(symbol_text(f.symbol, how), f, how) for f in factors
    )


def _numbers(factors: Sequence[Factor], how: Style) -> str:
    texts = []
    for place, factor in enumerate(factors):
        text = number(factor.value, how)
        if factor.value < 0 and place:
            text = f"({text})"
        texts.append(_colored(text, factor, how))
    return _dots(how).join(texts)


def _dots(how: Style) -> str:
    return r" \cdot " if how == "latex" else " · "


def _colored(text: str, factor: Factor, how: Style) -> str:
    if how != "latex":
        return text
    return rf"\textcolor[HTML]{{{style.COLOR[factor.role][1:]}}}{{{text}}}"


def _grouped(count: int) -> str:
    return f"{count:,}".replace(",", "\u202f")
