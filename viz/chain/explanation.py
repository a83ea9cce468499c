"""An explanation: one gradient, written out, summed over paths, and checked."""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from chainrule.arguments import checked
from chainrule.notation.numbers import number
from chainrule.notation.styles import Style, in_style
from chainrule.notation.symbols import Derivative, Symbol
from chainrule.viz.chain.chain import Chain, Factor
from chainrule.viz.chain.check import Check
from chainrule.viz.chain.drawing import chain_scene
from chainrule.viz.chain.entry_symbols import EntrySymbols
from chainrule.viz.chain.paths import Path, best_paths
from chainrule.viz.diagram import Diagram
from chainrule.viz.scene import Line
from chainrule.viz.style import LIGHT
from chainrule.viz.text import Plain


@dataclass(frozen=True)
class Extent:
    """How much an explanation shows.

    Attributes:
        top: how many paths and examples are listed.
        unfold: whether the diagram draws these paths.
        rankdir: how the diagram runs.
        origins: where the components come from that are not built in.
    """

    top: int = 5
    unfold: bool = False
    rankdir: str = "LR"
    origins: str = ""

    @property
    def remarks(self) -> list[Line]:
        """What stands below the diagram in any case."""
        return [Line(Plain(self.origins), "note")] if self.origins else []


@dataclass(frozen=True)
class Summand:
    """One of the derivatives whose sum is another.

    Attributes:
        factor: what it is multiplied by there, such as 1/n.
        symbol: the loss that it is the derivative of, J₂.
        label: that loss, in words.
        value: its number.
        answer: explains it.
        number: which example it belongs to, from 1; 0 if it is not that of an example.
    """

    factor: float
    symbol: Symbol
    label: str
    value: float
    answer: Callable[[], ChainExplanation] = field(repr=False)
    number: int = 0

    @property
    def contribution(self) -> float:
        """Its share of the sum."""
        return self.factor * self.value

    @functools.cached_property
    def explanation(self) -> ChainExplanation:
        """Its chain."""
        return self.answer()


class Explanation(ABC):
    """Why one gradient has the value it has.

    Attributes:
        symbol: what is explained, ∂J/∂w₁.
        value: its number.
        factors: the chain, the loss's factor first; their product is the value. Empty
            for a sum over examples and penalties.
        parts: what it is a sum of; empty for a chain.
    """

    symbol: Derivative
    value: float
    factors: Sequence[Factor] = ()
    parts: Sequence[Summand] = ()

    @property
    @abstractmethod
    def count(self) -> int:
        """How many paths lead from the weight to the loss, exactly."""

    @property
    @abstractmethod
    def paths(self) -> list[Path]:
        """Those that contribute most."""

    @abstractmethod
    def check(self) -> Check:
        """Compare the sum over paths, autodiff and a finite difference."""

    @property
    @abstractmethod
    def diagram(self) -> Diagram:
        """The explanation as a diagram that states what was checked."""

    @property
    @abstractmethod
    def text(self) -> str:
        """The explanation for a terminal."""

    @property
    @abstractmethod
    def latex(self) -> str:
        r"""The explanation as ``align*``; needs the packages amsmath and xcolor."""

    @property
    def counted(self) -> str:
        """How many paths there are, in words."""
        return "1 path" if self.count == 1 else f"{_grouped(self.count)} paths"

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


class ChainExplanation(Explanation):
    """A gradient as one chain of factors."""

    def __init__(
        self, chain: Chain, run_check: Callable[[], Check], extent: Extent
    ) -> None:
        self.symbol = chain.symbol
        self.value = chain.value
        self.factors = list(chain.factors)
        self._chain = chain
        self._run_check = run_check
        self._extent = extent

    @property
    def count(self) -> int:
        """How many paths lead from the weight to the loss, exactly."""
        return self._chain.count

    @functools.cached_property
    def paths(self) -> list[Path]:
        """Those that contribute most."""
        graph = self._chain.graph
        return best_paths(graph, graph.start, graph.end, self._extent.top)

    @checked
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
        extent = self._extent
        unfold = extent.top if extent.unfold else 0
        scene = chain_scene(self._chain, verdict, extent.rankdir, unfold)
        return Diagram(replace(scene, caption=[*scene.caption, *extent.remarks]))

    @property
    def text(self) -> str:
        """The explanation for a terminal."""
        lines = ["", f"{self.check()}   {self.counted}", *self._listed_paths()]
        return "\n".join([*self.derivation, *lines])

    @property
    def derivation(self) -> list[str]:
        """The product in symbols and in numbers, and its factors, line by line."""
        head = self.symbol.unicode()
        pad = " " * len(head)
        if [factor.symbol for factor in self.factors] == [self.symbol]:
            told = (self.factors[0].rule.unicode(), number(self.value))
            first, *others = dict.fromkeys(told)
            return [f"{head} = {first}", *(f"{pad} = {text}" for text in others)]
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
        return [*lines, *([f"  {self._chain.legend}"] if self._chain.legend else [])]

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
    def latex(self) -> str:
        r"""The chain as ``align*``; needs the packages amsmath and xcolor."""
        return aligned(self.latex_rows)

    @property
    def latex_rows(self) -> list[str]:
        """The rows of the equation."""
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
        return rows


def aligned(rows: Sequence[str]) -> str:
    r"""Return rows of an equation as ``align*``."""
    body = " \\\\\n".join(rows)
    return f"\\begin{{align*}}\n{body}\n\\end{{align*}}"


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
    return rf"\textcolor[HTML]{{{LIGHT.roles[factor.role][1:]}}}{{{text}}}"


def _grouped(count: int) -> str:
    return f"{count:,}".replace(",", "\u202f")
