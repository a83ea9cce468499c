"""The computation graph: what some outputs depend on, in order and with stable ids.

A node knows its inputs, so any set of nodes *is* a graph; `Graph` collects what some
outputs depend on, gives every node an id, and is a `networkx.MultiDiGraph` underneath.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from chainrule.arguments import checked
from chainrule.node import Input, Node, Parameter
from chainrule.scopes import Scope

if TYPE_CHECKING:
    import networkx


def topological(outputs: Iterable[Node], *, known: Iterable[Node] = ()) -> list[Node]:
    """List all nodes that `outputs` depend on, inputs before consumers.

    Nodes that are `known`, and what only they depend on, are left out. The order
    depends on the structure alone, so it is the same in every process.
    """
    order: list[Node] = []
    done: set[Node] = set(known)
    for output in outputs:
        stack = [output]
        while stack:
            node = stack[-1]
            if node in done:
                stack.pop()
                continue
            depth = len(stack)
            stack += [x for x in reversed(node.inputs) if x not in done]
            if len(stack) == depth:
                stack.pop()
                done.add(node)
                order.append(node)
    return order


def dependents(roots: Iterable[Node], order: Iterable[Node]) -> set[Node]:
    """Find `roots`, and the nodes of a topological order that depend on any of them."""
    found = set(roots)
    for node in order:
        if not found.isdisjoint(node.inputs):
            found.add(node)
    return found


class Graph:
    """What some outputs depend on, as a `networkx.MultiDiGraph` with stable ids.

    An id consists of the scope path, the kind of node and a counter, so the same
    program gives the same ids in every process.

    Args:
        outputs: the nodes to include, with everything they depend on.
        names: names for nodes, as in ``names=locals()``; entries that are not nodes
            are ignored, and a name that a node has of its own takes precedence.

    Attributes:
        order: the nodes in topological order.
        scopes: node → the scopes that it is in, outermost first; a parameter is in
            those of its layer where that is used, models around it included.
        scope_path: node → their names.
        id: node → its id.
        node: id → its node.
        nx: the graph. Each node carries its `Node` as the attribute ``node``; an edge
            points from operand to consumer, and its key is the operand's position.
    """

    @checked
    def __init__(
        self, outputs: Iterable[Node], names: Mapping[str, object] | None = None
    ) -> None:
        import networkx

        self.outputs = tuple(outputs)
        self.order = topological(self.outputs)
        extra = {
            node: name for name, node in (names or {}).items() if isinstance(node, Node)
        }
        named = number_scopes(self.order)
        self.scopes = _scopes_where_used(self.order)
        self.scope_path = {node: named[self.scopes[node]] for node in self.order}
        self.id: dict[Node, str] = {}
        self.node: dict[str, Node] = {}
        taken: Counter[str] = Counter()
        for node in self.order:
            base = "/".join((*self.scope_path[node], _base_name(node, extra)))
            taken[base] += 1
            identity = base if taken[base] == 1 else f"{base}_{taken[base]}"
            while identity in self.node:
                taken[base] += 1
                identity = f"{base}_{taken[base]}"
            self.id[node] = identity
            self.node[identity] = node
        self.nx: networkx.MultiDiGraph[str] = networkx.MultiDiGraph()
        self.nx.add_nodes_from((i, {"node": n}) for i, n in self.node.items())
        self.nx.add_edges_from(
            (self.id[x], self.id[node], position, {})  # type: ignore[misc]  # stubs
            for node in self.order
            for position, x in enumerate(node.inputs)
        )

    def __len__(self) -> int:
        return len(self.order)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.order)

    @property
    def inputs(self) -> list[Input]:
        """The inputs, in topological order."""
        return [node for node in self.order if isinstance(node, Input)]

    @property
    def parameters(self) -> list[Parameter]:
        """The parameters, in topological order."""
        return [node for node in self.order if isinstance(node, Parameter)]

    @checked
    def consumers(self) -> dict[Node, list[Node]]:
        """Return for each node those that use it, in topological order, each once."""
        users: dict[Node, dict[Node, None]] = {node: {} for node in self.order}
        for node in self.order:
            for x in node.inputs:
                users[x][node] = None
        return {node: list(found) for node, found in users.items()}


def _scopes_where_used(order: Sequence[Node]) -> dict[Node, tuple[Scope, ...]]:
    """Return the scopes of nodes; a parameter is where its layer is first used.

    A layer makes its parameters before a model that contains it is applied, so their
    own scopes lack those of the model.
    """
    scopes = {node: node.scope for node in order}
    placed: set[Node] = set()
    for node in order:
        for x in node.inputs:
            own = isinstance(x, Parameter) and x.scope and x not in placed
            if own and x.scope[-1] in node.scope:
                scopes[x] = node.scope[: node.scope.index(x.scope[-1]) + 1]
                placed.add(x)
    return scopes


def _base_name(node: Node, extra: Mapping[Node, str]) -> str:
    name = node.name or extra.get(node)
    if name:
        return name
    if node.origin:
        return f"grad_{_base_name(node.origin.of, extra)}"
    return node.op.type_name if node.op else type(node).__name__.lower()


def number_scopes(
    order: Sequence[Node],
) -> dict[tuple[Scope, ...], tuple[str, ...]]:
    """Name every scope path: a scope is called by its name, or its label and a number.

    Numbers count the scopes of one label in one parent, in the order given.
    """
    paths: dict[tuple[Scope, ...], None] = {}
    # A leaf may be made in one scope and used in another: other nodes come first.
    for node in sorted(order, key=lambda node: not node.inputs):
        for depth in range(len(node.scope)):
            if node.scope in paths:
                break
            paths.setdefault(node.scope[: depth + 1])
    used: dict[tuple[Scope, ...], set[str]] = {}
    for path in paths:
        if path[-1].name:
            used.setdefault(path[:-1], set()).add(path[-1].name)
    numbers: Counter[tuple[tuple[Scope, ...], str]] = Counter()
    named: dict[tuple[Scope, ...], tuple[str, ...]] = {(): ()}
    for path in paths:
        name = path[-1].name or ""
        if not name:
            siblings = used.setdefault(path[:-1], set())
            key = (path[:-1], path[-1].label)
            numbers[key] += 1
            while (name := f"{path[-1].label}_{numbers[key]}") in siblings:
                numbers[key] += 1
            siblings.add(name)
        named[path] = (*named[path[:-1]], name)
    return named
