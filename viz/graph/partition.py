"""Parts of a graph: the nodes shown as one block at a level of detail.

Every level is a quotient of the one graph of operations: ``op`` shows each operation,
``layer`` one block for each layer (and, where a graph was written by hand, one for each
named result), ``model`` one for each outermost scope.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from chainrule.calls import divided_by_call
from chainrule.component import Component
from chainrule.errors import GraphError, did_you_mean
from chainrule.graph import Graph
from chainrule.node import Constant, Node
from chainrule.scopes import Scope, meant
from chainrule.viz.graph.options import Expand, Level, Options
from chainrule.viz.graph.products import around_products

Consumers: TypeAlias = Mapping[Node, Sequence[Node]]


@dataclass(frozen=True, eq=False)
class Part:
    """Nodes that are shown as one block.

    Attributes:
        nodes: in topological order.
        exits: those of them that other parts use, and outputs.
        scope: the path of the scope that it shows or, if it is a single result, that
            it is in; empty outside all scopes.
        component: the layer or loss whose scope it shows.
        whole: whether it shows a scope.
        label: what is written on it, if it stands for parts that are left out.
        call: which call of its layer it shows, from 1, and of how many; none if there
            is but one.
    """

    nodes: tuple[Node, ...]
    exits: tuple[Node, ...]
    scope: tuple[str, ...] = ()
    component: object = None
    whole: bool = False
    label: str = ""
    call: tuple[int, int] | None = None

    @property
    def result(self) -> Node:
        """The last node that others use."""
        return (self.exits or self.nodes)[-1]

    @property
    def surroundings(self) -> tuple[str, ...]:
        """Path of the scope around it."""
        return self.scope[:-1] if self.whole else self.scope


def partition(
    graph: Graph, level: Level, options: Options, given: Collection[Node] = ()
) -> list[Part]:
    """Divide the nodes of a graph into parts; unnamed constants are left out.

    Args:
        graph: what is divided.
        level: how finely.
        options: which layers are opened, and how deep.
        given: nodes that have a name although they do not know it.
    """
    consumers = graph.consumers()
    places: dict[Node, Place] = {
        n: (graph.scopes[n], graph.scope_path[n]) for n in graph
    }
    outputs = set(graph.outputs)
    grouped: dict[Hashable, list[Node]] = {}
    keys = _keys(graph, level, options, places, consumers, given)
    for node in graph:
        if node in keys:
            grouped.setdefault(keys[node], []).append(node)
    parts = []
    for key, nodes in grouped.items():
        exits = exits_of(nodes, consumers, outputs)
        scopes, path = places[nodes[-1]]
        if not isinstance(key, tuple):
            parts.append(Part(tuple(nodes), exits, path))
            continue
        whole = Part(
            tuple(nodes), exits, key, scopes[len(key) - 1].component, whole=True
        )
        made = divided_by_call([n for n in nodes if n.inputs], scopes[len(key) - 1])
        if len(made) < 2:
            parts.append(whole)
            continue
        for number, own in enumerate(made, 1):
            ends, call = exits_of(own, consumers, outputs), (number, len(made))
            parts.append(replace(whole, nodes=tuple(own), exits=ends, call=call))
        shared = [leaf for leaf in nodes if not leaf.inputs]
        parts += [Part((leaf,), (leaf,), places[leaf][1]) for leaf in shared]
    return _ordered(parts, graph)


def exits_of(
    nodes: Sequence[Node], consumers: Consumers, outputs: Collection[Node]
) -> tuple[Node, ...]:
    """Return those of some nodes that are outputs, or that other nodes use."""
    inside = set(nodes)
    return tuple(
        node
        for node in nodes
        if node in outputs or any(user not in inside for user in consumers[node])
    )


def _keys(
    graph: Graph,
    level: Level,
    options: Options,
    places: Mapping[Node, Place],
    consumers: Consumers,
    given: Collection[Node],
) -> dict[Node, Hashable]:
    """Return what each node is shown as: the path of a scope, or a single result.

    With `fold`, what makes vectors rows or columns is shown as the product.
    """
    opened = _opener(options.expand, places)
    outputs = {*graph.outputs, *given}
    products = around_products(graph, consumers, outputs) if options.fold else {}
    keys: dict[Node, Hashable] = {}
    for node in reversed(graph.order):
        if isinstance(node, Constant) and not node.name:
            continue
        scopes, path = places[node]
        depth = _depth_of_block(scopes, path, level, opened, options.depth)
        if depth:
            keys[node] = path[:depth]
        elif node in products:
            keys[node] = keys[products[node]]
        elif level != "op" and _unnamed_result(node) and node not in outputs:
            users = {keys[user] for user in consumers[node] if user in keys}
            only = users.pop() if len(users) == 1 else node
            keys[node] = only if isinstance(only, Node) else node
        else:
            keys[node] = node
    return keys


def _ordered(parts: list[Part], graph: Graph) -> list[Part]:
    """Sort parts in the order of computation, leaves right before their first use."""
    turn = {node: i for i, node in enumerate(graph)}
    place = {node: i for i, part in enumerate(parts) for node in part.nodes}
    turns = [float(turn[part.nodes[-1]]) for part in parts]
    first_use: dict[int, float] = {}
    for node in graph:
        for x in node.inputs:
            if x in place and node in place and place[x] != place[node]:
                used = first_use.get(place[x], math.inf)
                first_use[place[x]] = min(used, turns[place[node]])
    for i, part in enumerate(parts):
        if len(part.nodes) == 1 and not part.nodes[0].inputs and i in first_use:
            turns[i] = first_use[i] - 0.5
    return [parts[i] for i in sorted(range(len(parts)), key=lambda i: (turns[i], i))]


Place: TypeAlias = tuple[tuple[Scope, ...], tuple[str, ...]]
"""Where a node is: its scopes, and their names."""


def _unnamed_result(node: Node) -> bool:
    return bool(node.inputs) and not node.name


def _depth_of_block(
    scopes: tuple[Scope, ...],
    path: tuple[str, ...],
    level: Level,
    opened: Callable[[str], bool],
    depth: int | None,
) -> int:
    """Return how deep the scope is that shows a node as its block; 0: none does."""
    if level == "op":
        return depth if depth is not None and len(path) >= depth else 0
    for at, name in enumerate(path, 1):
        if opened(name) or opened("/".join(path[:at])):
            continue
        if level == "model" or _is_component(scopes[at - 1]) or at == depth:
            return at
    return 0


def _is_component(scope: Scope) -> bool:
    """Whether a scope is that of a component, and not of a model or a bare one."""
    return isinstance(scope.component, Component)


def _opener(expand: Expand, places: Mapping[Node, Place]) -> Callable[[str], bool]:
    """Return whether a scope is opened, as a function of its name or path.

    Raises:
        GraphError: a pattern matches no scope.
    """
    if expand is None:
        return lambda name: False
    if callable(expand):
        return expand
    patterns = [expand] if isinstance(expand, str) else list(expand)
    paths = {path[:at] for _, path in places.values() for at in range(1, len(path) + 1)}
    names = {path[-1] for path in paths} | {"/".join(path) for path in paths}
    chosen = [meant(pattern, names) for pattern in patterns]
    for pattern, fits in zip(patterns, chosen, strict=True):
        if not any(map(fits, names)):
            raise GraphError(
                f"expand={pattern!r} opens nothing: no layer has such a name."
                f"{did_you_mean(pattern, names)}"
            )
    return lambda name: any(fits(name) for fits in chosen)
