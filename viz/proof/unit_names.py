"""The names of single units and weights, and what each is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from chainrule.node import Node, Parameter
from chainrule.notation.symbols import Derivative, Symbol
from chainrule.ops import Count, Uniform
from chainrule.viz.formulas.measures import Array
from chainrule.viz.graph.unit_symbols import unit_symbol, weight_symbol
from chainrule.viz.proof.truth import Truth

LARGEST = 2000
"""Numbers that a vector may have to be looked up by name."""


@dataclass(frozen=True)
class Entry:
    """One number of a node, and its gradient."""

    node: Node
    which: int
    value: float
    slope: float | None = None


class UnitNames:
    """The names that a picture of units uses.

    Attributes:
        entries: the name of a unit → which number of the graph it is.
        sizes: what means divide by, such as n.
        weights: the name of a weight, a bias or a gradient of one → what it is worth.
    """

    def __init__(self, truth: Truth) -> None:
        self._truth = truth
        self.entries: dict[str, Entry] = {}
        self.weights: dict[str, float] = {}
        self._derivatives: dict[str, str] = {}
        self.sizes = {
            name: list(truth.names[name])
            for name, nodes in truth.nodes.items()
            if all(isinstance(node.op, Count) for node in nodes)
        }
        self._vectors: dict[str, tuple[list[str], Array]] = {}
        for node, value in truth.values_of_graph.items():
            symbol = truth.naming.symbol(node)
            if symbol is None or value.size > LARGEST:
                continue
            if not isinstance(node, Parameter):
                units = [
                    unit_symbol(symbol, node, i).unicode() for i in range(value.size)
                ]
                self._vectors[symbol.unicode()] = units, value
                for i, name in enumerate(units):
                    self.entries[name] = _entry(truth, node, i, value)
            elif isinstance(symbol, Symbol):
                for i in range(value.size):
                    one = weight_symbol(symbol, node, i)
                    self._add_weight(one, _entry(truth, node, i, value), truth)

    def _add_weight(self, symbol: Symbol, entry: Entry, truth: Truth) -> None:
        self.weights[symbol.unicode()] = entry.value
        if entry.slope is not None and truth.loss_symbol is not None:
            name = Derivative(truth.loss_symbol, (symbol,)).unicode()
            self.weights[name] = entry.slope
            self._derivatives[symbol.unicode()] = name

    def derivative(self, name: str) -> str:
        """Return the name of the gradient of a weight; the weight has one or none."""
        return self._derivatives.get(name, "")

    def chance(self, unit: str) -> dict[str, list[Array]]:
        """Return the random number that a unit is computed with, by its name."""
        entry = self.entries.get(unit)
        waiting = [] if entry is None else [entry.node]
        for node in waiting:  # the nearest, which no other unit reads
            if entry and isinstance(node.op, Uniform):
                name, _ = node.op.written(node)
                value = self._truth.known(node).reshape(-1)
                return {name: [value[entry.which % value.size]]}
            waiting += node.inputs
        return {}

    def vectors(self, drawn: Mapping[str, float | None]) -> dict[str, list[Array]]:
        """Return the vectors all of whose units are drawn, with the drawn numbers."""
        return {
            name: [np.array([drawn[unit] for unit in units]).reshape(value.shape)]
            for name, (units, value) in self._vectors.items()
            if units and all(unit in drawn for unit in units)
        }


def _entry(truth: Truth, node: Node, which: int, value: Array) -> Entry:
    gradient = truth.gradient_of(node)
    slope = None if gradient is None else float(gradient.reshape(-1)[which])
    return Entry(node, which, float(value.reshape(-1)[which]), slope)
