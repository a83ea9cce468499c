"""The chain rule written out: a factor from each number all paths pass to the next.

Because every path goes through these numbers, the product of the factors is the whole
derivative; where paths part in between, the factor is the sum over them.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from chainrule.autodiff import Backward
from chainrule.node import Node
from chainrule.notation.naming import Naming
from chainrule.notation.styles import Written
from chainrule.notation.symbols import Derivative, Symbol
from chainrule.viz.chain.entries import Entry, EntryGraph
from chainrule.viz.chain.entry_symbols import EntrySymbols
from chainrule.viz.chain.paths import count_and_sum, dominators
from chainrule.viz.chain.rules import Rules
from chainrule.viz.graph.products import is_view
from chainrule.viz.scene import Role
from chainrule.viz.text import Formula
from chainrule.viz.values import Values


@dataclass(frozen=True)
class Factor:
    """∂top/∂bottom: one factor of the chain.

    Attributes:
        bottom, top: the numbers it leads from and to.
        symbol: how it is written, ∂ŷ/∂z₁.
        rule: the expression that is computed, where one can be printed.
        value: its number, summed over all paths in between.
        count: how many paths that is.
        role: which colour it has.
    """

    bottom: Entry
    top: Entry
    symbol: Derivative
    rule: Written
    value: float
    count: int
    role: Role


@dataclass(frozen=True)
class Chain:
    """The derivative of the loss by one number, as a product of factors.

    Attributes:
        symbol: of the derivative, ∂J/∂w₁.
        value: its number, the sum over all paths.
        count: how many paths that is.
        factors: the loss's first, as the chain rule is written.
        graph: the numbers in between.
        symbols: how they are written.
        rules: how derivatives between them are.
    """

    symbol: Derivative
    value: float
    count: int
    factors: Sequence[Factor]
    graph: EntryGraph
    symbols: EntrySymbols
    rules: Rules

    @property
    def legend(self) -> str:
        """What ``⟨3⟩`` behind a symbol means, if one has it."""
        return self.symbols.legend([self.symbol, *(f.symbol for f in self.factors)])

    @property
    def definitions(self) -> list[tuple[Symbol, Formula]]:
        """The meanings of the symbols that were made up for this chain."""
        naming = self.symbols.naming
        named = [(naming.symbol(node), node) for node in self.rules.numbered]
        return [
            (symbol, Formula(node, naming))
            for symbol, node in named
            if isinstance(symbol, Symbol)
        ]


def chain_of(
    sweep: Backward,
    naming: Naming,
    graph: EntryGraph,
    values: Values,
    *,
    brief: bool = False,
) -> Chain:
    """Find the factors between the ends of a graph of numbers.

    Nodes that factors lead to and that have no name are numbered in `naming`; a brief
    chain has no such factors.
    """
    symbols = EntrySymbols(naming, values)
    rules = Rules(sweep, graph, symbols)
    stops, numbered = _stops(rules, brief=brief)
    naming.number(numbered)
    rules = replace(rules, numbered=numbered)
    pairs = list(itertools.pairwise(stops))
    factors = [
        _factor(rules, bottom, top, _role(place, len(pairs)))
        for place, (bottom, top) in enumerate(pairs)
    ]
    count, value = count_and_sum(graph, graph.start, graph.end)
    symbol = Derivative(symbols.symbol(graph.end), (symbols.symbol(graph.start),))
    return Chain(symbol, value, count, factors[::-1], graph, symbols, rules)


def _stops(rules: Rules, *, brief: bool) -> tuple[list[Entry], list[Node]]:
    """Choose among the numbers all paths pass: those with a name, if any have.

    Where none has, all are chosen that an operation computes, unless textbooks have the
    whole derivative; their nodes are returned too, to be numbered.
    """
    first, *passed = dominators(rules.graph)
    if not passed:
        return [first], []
    *inner, last = passed
    named = [entry for entry in inner if rules.symbols.named(entry.node)]
    if named or brief or rules.known(first, last):
        return [first, *named, last], []
    computed = [e for e in inner if e.node.op and not is_view(e.node)]
    return [first, *computed, last], list(dict.fromkeys(e.node for e in computed))


def _role(place: int, factors: int) -> Role:
    """Return the role of a factor, counted from the number that is explained."""
    if place == factors - 1:
        return "loss"
    return "parameter" if place == 0 else "between"


def _factor(rules: Rules, bottom: Entry, top: Entry, role: Role) -> Factor:
    symbols = rules.symbols
    symbol = Derivative(symbols.symbol(top), (symbols.symbol(bottom),))
    count, value = count_and_sum(rules.graph, bottom, top)
    return Factor(bottom, top, symbol, rules.factor(bottom, top), value, count, role)
