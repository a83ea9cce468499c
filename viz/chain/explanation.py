"""An explanation: one gradient, written out, summed over paths, and checked."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from chainrule.notation.numbers import number
from chainrule.notation.styles import Style, in_style
from chainrule.notation.symbols import Derivative
from chainrule.viz import style
from chainrule.viz.chain.chain import Chain, Factor
from chainrule.viz.chain.check import Check
from chainrule.viz.chain.drawing import chain_scene
from chainrule.viz.chain.entry_symbols import EntrySymbols
from chainrule.viz.chain.paths import Path, best_paths
from chainrule.viz.diagram import Diagram
from chainrule.viz.scene import Line
from chainrule.viz.text import Plain


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
        chain: Chain,
        run_check: Callable[[], Check],
        *,
        top: int,
        unfold: bool,
        rankdir: str,
    ) -> None:
        self.symbol: Derivative = chain.symbol
        self.value = chain.value
        self.factors = list(chain.factors)
        self.count = chain.count
        self.paths = best_paths(chain.graph, chain.graph.start, chain.graph.end, top)
        self._chain = chain
        self._run_check = run_check
        self._unfold = top if unfold else 0
        self._rankdir = rankdir

    def check(self) -> Check:
        """Compare the sum over paths, autodiff and a finite difference."""
        return self._check

    @functools.cached_property
    def _check(self) -> Check:
        return self._run_check()

    @functools.cached_property
    def diagram(self) -> Diagram:
        """The chain as a diagram that states what was checked."""
        check = self.check()
        verdicts = "     ".join([*check.verdicts(), self.counted])
        verdict = Line(Plain(verdicts), "good" if check.agrees else "mark")
        return Diagram(chain_scene(self._chain, verdict, self._rankdir, self._unfold))

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
        definitions = [
            f"{symbol.unicode()} = {formula.unicode()}"
            for symbol, formula in self._chain.definitions
        ]
        if definitions:
            lines.append(f"  where {', '.join(definitions)}")
        lines += ["", f"{self.check()}   {self.counted}"]
        return "\n".join(lines + self._listed_paths())

    def _listed_paths(self) -> list[str]:
        """List paths under a heading, where there is more than one."""
        if self.count <= 1:
            return []
        paths = self.paths
        if len(paths) < self.count:
            paths = [path for path in paths if path.contribution] or paths
        listed = [
            f"  {number(path.contribution):>10}  {_stations(path, self._chain.symbols)}"
            for path in paths
        ]
        return ["", f"{self._heading(paths)}:", *listed]

    def _heading(self, listed: Sequence[Path]) -> str:
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
        definitions = [
            f"{symbol.latex()} = {formula.latex()}"
            for symbol, formula in self._chain.definitions
        ]
        if definitions:
            rows.append(r"&\text{where } " + r",\; ".join(definitions))
        body = " \\\\\n".join(rows)
        return f"\\begin{{align*}}\n{body}\n\\end{{align*}}"

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return (
            f"<Explanation {self.symbol.unicode()} = {number(self.value)}, "
            f"{self.counted}; .text, .latex, .diagram, .paths, .check()>"
        )

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> dict[str, str]:
        return {**self.diagram._repr_mimebundle_(), "text/plain": self.text}


def _stations(path: Path, symbols: EntrySymbols) -> str:
    """Return the numbers on a path that have a symbol: ``w → y₂ → J``."""
    inner = [edge.target for edge in path.edges[:-1]]
    named = [entry for entry in inner if symbols.naming.symbol(entry.node)]
    ends = path.edges[0].source, path.edges[-1].target
    stations = [ends[0], *named, ends[1]]
    return " → ".join(symbols.symbol(entry).unicode() for entry in stations)


def _product(factors: Sequence[Factor], how: Style) -> str:
    return _dot(how).join(_colored(in_style(f.symbol, how), f, how) for f in factors)


def _numbers(factors: Sequence[Factor], how: Style) -> str:
    texts = []
    for place, factor in enumerate(factors):
        text = number(factor.value, how)
        if factor.value < 0 and place:
            text = f"({text})"
        texts.append(_colored(text, factor, how))
    return _dot(how).join(texts)


def _dot(how: Style) -> str:
    return r" \cdot " if how == "latex" else " · "


def _colored(text: str, factor: Factor, how: Style) -> str:
    if how != "latex":
        return text
    return rf"\textcolor[HTML]{{{style.COLOR[factor.role][1:]}}}{{{text}}}"


def _grouped(count: int) -> str:
    return f"{count:,}".replace(",", "\u202f")
