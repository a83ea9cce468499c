"""Which symbol every node of a graph has: x, W⁽¹⁾, z⁽¹⁾, ∂J/∂W⁽¹⁾, v₃.

Names given by the user come first. The parameters of layers are W⁽ᵏ⁾ and b⁽ᵏ⁾ for the
k-th layer that has any, what such a layer computes is z⁽ᵏ⁾ before its activation and
a⁽ᵏ⁾ behind it, and a gradient is ∂J/∂z.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from chainrule.graph import Graph
from chainrule.node import Node, Parameter
from chainrule.notation.symbols import Derivative, Symbol, parse_symbol
from chainrule.scopes import Scope


class Naming:
    """The symbols of the nodes of a graph.

    Args:
        graph: what to name; its ids tell two nodes of one name apart.
        names: names for nodes, as in ``names=locals()``.
        loss: what gradients are taken of; called J where it has no name.
    """

    def __init__(
        self,
        graph: Graph,
        names: Mapping[str, object] | None = None,
        *,
        loss: Node | None = None,
    ) -> None:
        self._symbols: dict[Node, Symbol] = {}
        given = {n: name for name, n in (names or {}).items() if isinstance(n, Node)}
        self._number: dict[Scope, str] = {}
        owners = {_owner(p) for p in graph.parameters}
        for node in graph:
            owner = _owner(node)
            if owner is not None and owner in owners and node.inputs:
                self._number.setdefault(owner, f"({len(self._number) + 1})")
        self._name_given(graph, given)
        self._name_layers(graph)
        if loss is not None:
            self._symbols.setdefault(loss, Symbol("J"))

    def number(self, nodes: Iterable[Node]) -> None:
        """Call those of `nodes` that have no symbol v₁, v₂ and so on."""
        free = [node for node in nodes if not self.symbol(node)]
        for number, node in enumerate(free, 1):
            self._symbols[node] = Symbol("v", sub=str(number))

    def symbol(self, node: Node) -> Symbol | Derivative | None:
        """Return the symbol of a node, or None if it has none and is written out."""
        if node in self._symbols:
            return self._symbols[node]
        if node.name:
            return parse_symbol(node.name)
        if node.origin is not None:
            return self._derivative(node)
        return None

    def _derivative(self, node: Node) -> Derivative | None:
        """Name a gradient, if what it is the gradient of has a name."""
        wrt: list[Symbol] = []
        while node.origin is not None and node not in self._symbols:
            of = self.symbol(node.origin.of)
            if not isinstance(of, Symbol):
                return None
            wrt.append(of)
            node = node.origin.loss
        loss = self._symbols.get(node) or (
            parse_symbol(node.name) if node.name else Symbol("J")
        )
        return Derivative(loss, tuple(reversed(wrt)))

    def _name_given(self, graph: Graph, given: Mapping[Node, str]) -> None:
        """Use the names given; a second node of the same name is x', a third x''."""
        used: Counter[str] = Counter()
        for node in graph:
            name = node.name or given.get(node)
            if not name or (isinstance(node, Parameter) and _owner(node)):
                continue
            symbol = parse_symbol(name)
            number = self._number_of(node)
            plain = not (symbol.accent or symbol.sub or symbol.sup)
            if number and plain and node.origin is None:
                symbol = replace(symbol, sup=symbol.sup + number)
            name += number
            used[name] += 1
            if 1 < used[name] < 4:
                symbol = replace(symbol, base=symbol.base + "'" * (used[name] - 1))
            elif used[name] > 3:
                symbol = replace(symbol, sup=f"{symbol.sup}({used[name]})")
            self._symbols[node] = symbol

    def _number_of(self, node: Node) -> str:
        owner = _owner(node)
        return self._number.get(owner, "") if owner is not None else ""

    def _name_layers(self, graph: Graph) -> None:
        for node in graph:
            number = self._number_of(node)
            if isinstance(node, Parameter) and number:
                name = node.name or "p"
                written = getattr(node.scope[-1].component, "symbols", {})
                symbol = parse_symbol(written.get(name, name))
                self._symbols[node] = replace(symbol, sup=number)
        left: dict[Scope, list[Node]] = {}
        for node, owner in _leaving(graph, self._number):
            left.setdefault(owner, []).append(node)
        for owner, nodes in left.items():
            if len(nodes) == 1 and nodes[0] not in self._symbols:
                self._name_result(nodes[0], owner, self._number[owner])

    def _name_result(self, node: Node, owner: Scope, number: str) -> None:
        """Call what a layer computes z⁽ᵏ⁾, or a⁽ᵏ⁾ where it has an activation."""
        if node.scope[-1] is owner:
            self._symbols[node] = Symbol("z", sup=number)
            return
        self._symbols[node] = Symbol("a", sup=number)
        fed: dict[Node, None] = {}
        waiting, seen = [node], {node}
        while waiting:
            for x in waiting.pop().inputs:
                if owner not in x.scope or x in seen or not x.inputs:
                    continue
                if x.scope[-1] is owner:
                    fed[x] = None
                else:
                    seen.add(x)
                    waiting.append(x)
        if len(fed) == 1:
            self._symbols.setdefault(next(iter(fed)), Symbol("z", sup=number))


def _owner(node: Node) -> Scope | None:
    """Return the scope of the layer that a node belongs to."""
    for scope in reversed(node.scope):
        if getattr(scope.component, "kind", "") == "layers":
            return scope
    return None


def _leaving(graph: Graph, owners: Mapping[Scope, str]) -> list[tuple[Node, Scope]]:
    """Find the forward nodes that are used outside the layer they belong to."""
    leaving: dict[Node, Scope] = {}
    for node in graph:
        for x in node.inputs:
            owner = _owner(x)
            forward = x.inputs and x.origin is None and node.origin is None
            if owner is None or owner not in owners:
                continue
            if owner not in node.scope and forward:
                leaving[x] = owner
    for output in graph.outputs:
        owner = _owner(output)
        forward = output.inputs and output.origin is None
        if owner is not None and owner in owners and forward:
            leaving[output] = owner
    return list(leaving.items())
