"""Naming: the symbol of each node of a graph, such as x, W⁽¹⁾, z⁽¹⁾, ∂J/∂W⁽¹⁾ and v₃.

Names given by the user take precedence over those of layers; a gradient is ∂J/∂z.
"""

from __future__ import annotations

import copy
import functools
import itertools
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from chainrule.graph import Graph
from chainrule.node import Node, Parameter
from chainrule.notation.layer_symbols import layer_numbers, layer_of, layer_symbols
from chainrule.notation.sizes import Sizes
from chainrule.notation.symbols import Derivative, Symbol, parse_symbol
from chainrule.notation.twins import Twins
from chainrule.scopes import Scope


class Naming:
    """The symbols of the nodes of a graph.

    Args:
        graph: what to name; its order tells two nodes of one name apart.
        names: names for nodes, as in ``names=locals()``.
        loss: what gradients are taken of; called J if it has no name.
    """

    def __init__(
        self,
        graph: Graph,
        names: Mapping[str, object] | None = None,
        *,
        loss: Node | None = None,
    ) -> None:
        self._graph = graph
        extra = {n: name for name, n in (names or {}).items() if isinstance(n, Node)}
        numbers = layer_numbers(graph)
        given = _given_symbols(graph, extra, numbers)
        self._symbols = layer_symbols(graph, numbers, given)
        if loss is not None:
            self._symbols.setdefault(loss, Symbol("J"))

    def copy(self) -> Naming:
        """Return a naming that can number nodes of which this one does not know."""
        other = copy.copy(self)
        other._symbols = dict(self._symbols)
        other.__dict__.pop("_twins", None)
        return other

    def with_symbols(self, symbols: Mapping[Node, Symbol]) -> Naming:
        """Return a naming in which some nodes have other symbols."""
        other = self.copy()
        other._symbols |= symbols
        return other

    @functools.cached_property
    def sizes(self) -> Sizes:
        """The symbols of what means divide by: n examples, m features."""
        taken = {symbol.unicode() for symbol in self._symbols.values()}
        return Sizes(self._graph, taken)

    @functools.cached_property
    def _twins(self) -> Twins:
        return Twins(self._graph, self.symbol)

    def twin(self, node: Node) -> Symbol | Derivative | None:
        """Return the symbol of the named node that is the same expression, if any."""
        same = self._twins.find(node)
        return None if same is None else self.symbol(same)

    def number(self, nodes: Iterable[Node]) -> None:
        """Call those of `nodes` that have no symbol by the first free of v₁, v₂ …."""
        self.__dict__.pop("_twins", None)
        taken = set(self._symbols.values())
        numbered = (Symbol("v", sub=str(number)) for number in itertools.count(1))
        free = (symbol for symbol in numbered if symbol not in taken)
        for node in nodes:
            if not self.symbol(node):
                self._symbols[node] = next(free)

    def symbol(self, node: Node) -> Symbol | Derivative | None:
        """Return the symbol of a node, or None if it has none and is written out."""
        if node in self._symbols:
            return self._symbols[node]
        if node.name:
            return parse_symbol(node.name)
        return self._derivative(node) if node.origin is not None else None

    def _derivative(self, node: Node) -> Derivative | None:
        """Name a gradient, if what it is the gradient of has a name."""
        wrt: list[Symbol] = []
        while node.origin is not None and node not in self._symbols:
            of = self.symbol(node.origin.of)
            if not node.origin.whole or not isinstance(of, Symbol):
                return None
            wrt.append(of)
            node = node.origin.loss
        loss = self._symbols.get(node) or (
            parse_symbol(node.name) if node.name else Symbol("J")
        )
        return Derivative(loss, tuple(reversed(wrt)))


def _given_symbols(
    graph: Graph, extra: Mapping[Node, str], numbers: Mapping[Scope, str]
) -> dict[Node, Symbol]:
    """Return the symbols of named nodes; the second of a name is x', the third x''.

    The first is the one farthest from the outputs: the first step of a recurrence.
    """
    symbols: dict[Node, Symbol] = {}
    used: Counter[str] = Counter()
    for node in _farthest_first(graph):
        name, layer = node.name or extra.get(node), layer_of(node)
        if not name or (isinstance(node, Parameter) and layer):
            continue
        symbol = parse_symbol(name)
        number = numbers.get(layer, "") if layer else ""
        plain = not (symbol.accent or symbol.sub or symbol.sup)
        if number and plain and node.origin is None:
            symbol = replace(symbol, sup=number)
        used[name + number] += 1
        count = used[name + number]
        if 1 < count < 4:
            symbol = replace(symbol, base=symbol.base + "'" * (count - 1))
        elif count > 3:
            symbol = replace(symbol, sup=f"{symbol.sup}({count})")
        symbols[node] = symbol
    return symbols


def _farthest_first(graph: Graph) -> list[Node]:
    """Sort nodes by how many operations lie between them and an output, at most."""
    left: Counter[Node] = Counter()
    for node in reversed(graph.order):
        for x in node.inputs:
            left[x] = max(left[x], left[node] + 1)
    return sorted(graph, key=lambda node: -left[node])
