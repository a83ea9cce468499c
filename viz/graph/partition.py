"""Which nodes are shown as one block, for a level of detail.

Every level is a quotient of the one graph of operations: ``op`` shows each operation,
``layer`` one block for each layer (and, where a graph was written by hand, one for each
named result), ``model`` one for each outermost scope.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal, TypeAlias

from chainrule.graph import Graph
from chainrule.node import Constant, Node
from chainrule.ops.linalg import Matmul
from chainrule.ops.shaping import ExpandDims, Squeeze
from chainrule.scopes import Scope

Level: TypeAlias = Literal["model", "layer", "op", "neuron"]
Expand: TypeAlias = "str | Sequence[str] | Callable[[str], bool] | None"
"""Names or patterns of scopes to open, or a function that says so."""


@dataclass(eq=False)
class Part:
    """Nodes that are shown as one block."""

    nodes: list[Node] = field(default_factory=list)
    scope: tuple[str, ...] = ()
    """The scope that it stands for; empty for nodes outside all scopes."""
    component: object = None
    whole: bool = False
    """Whether it is a scope, and not a single node."""
    label: str = ""
    """What is written on it, where it stands for blocks left out."""
    last: Part | None = None
    """Where it stands for several that repeat: the last of them."""
    times: int = 1
    period: int = 1
    """How many, and of how many parts one repetition consists."""


def partition(
    graph: Graph,
    level: Level,
    *,
    expand: Expand = None,
    depth: int | None = None,
    fold: bool = True,
) -> list[Part]:
    """Divide the nodes of a graph into parts; unnamed constants are left out.

    With `fold` a product of vectors is one block, with what makes them rows or columns.
    """
    opened = _opener(expand)
    users = consumers(graph)
    places = _places(graph, users)
    outputs = set(graph.outputs)
    products = _around_products(graph, users) if fold else {}
    key: dict[Node, Hashable] = {}
    for node in reversed(graph.order):
        if isinstance(node, Constant) and not node.name:
            continue
        scopes, path = places[node]
        cut = _cut(scopes, path, level, opened, depth)
        if cut:
            key[node] = path[:cut]
        elif node in products:
            key[node] = key[products[node]]
        elif level != "op" and _absorbable(node) and node not in outputs:
            keys = {key[user] for user in users[node] if user in key}
            only = keys.pop() if len(keys) == 1 else node
            key[node] = only if isinstance(only, Node) else node
        else:
            key[node] = node
    parts: dict[Hashable, Part] = {}
    for node in graph:
        if node not in key:
            continue
        identity = key[node]
        part = parts.setdefault(identity, Part())
        part.nodes.append(node)
        if isinstance(identity, tuple):
            part.scope = identity
            part.component = places[node][0][len(identity) - 1].component
            part.whole = True
        else:
            part.scope = places[node][1]
    return _ordered(list(parts.values()), graph)


def _ordered(parts: list[Part], graph: Graph) -> list[Part]:
    """Put parts into the order they are computed in, leaves right before their user."""
    turn = {node: i for i, node in enumerate(graph)}
    place = {node: i for i, part in enumerate(parts) for node in part.nodes}
    keys = [float(turn[part.nodes[-1]]) for part in parts]
    used: dict[int, float] = {}
    for node in graph:
        for x in node.inputs:
            if x in place and node in place and place[x] != place[node]:
                used[place[x]] = min(used.get(place[x], math.inf), keys[place[node]])
    for i, part in enumerate(parts):
        if len(part.nodes) == 1 and not part.nodes[0].inputs and i in used:
            keys[i] = used[i] - 0.5
    return [parts[i] for i in sorted(range(len(parts)), key=lambda i: (keys[i], i))]


def consumers(graph: Graph) -> dict[Node, list[Node]]:
    """Return for each node those that use it, in topological order, each once."""
    users: dict[Node, dict[Node, None]] = {node: {} for node in graph}
    for node in graph:
        for x in node.inputs:
            users[x][node] = None
    return {node: list(found) for node, found in users.items()}


Place: TypeAlias = tuple[tuple[Scope, ...], tuple[str, ...]]
"""Where a node stands: its scopes, and what they are called."""


def _places(graph: Graph, users: dict[Node, list[Node]]) -> dict[Node, Place]:
    """Say where nodes stand; a parameter stands where its layer is used.

    A layer makes its parameters before a model that contains it is applied, so their
    own scopes may lack those of the model.
    """
    places: dict[Node, Place] = {n: (n.scope, graph.scope_path[n]) for n in graph}
    for parameter in graph.parameters:
        if not parameter.scope:
            continue
        for user in users[parameter]:
            if parameter.scope[-1] in user.scope:
                end = user.scope.index(parameter.scope[-1]) + 1
                places[parameter] = user.scope[:end], graph.scope_path[user][:end]
                break
    return places


def is_view(node: Node) -> bool:
    """Whether a node has the same numbers in the same order, under another shape."""
    return isinstance(node.op, (ExpandDims, Squeeze))


def _around_products(graph: Graph, users: dict[Node, list[Node]]) -> dict[Node, Node]:
    """Find what only makes vectors fit a matrix product: node → the result.

    A vector counts as a row or a column, which takes operations before the product and
    behind it; a reader sees x · w.
    """
    outputs = set(graph.outputs)
    found: dict[Node, Node] = {}
    for product in graph:
        if not isinstance(product.op, Matmul):
            continue
        last, inner = product, [x for x in product.inputs if _serves(x, users, outputs)]
        while not last.name and last not in outputs and len(users[last]) == 1:
            (user,) = users[last]
            if not isinstance(user.op, Squeeze) or user.scope != product.scope:
                break
            inner.append(last)
            last = user
        found |= dict.fromkeys(inner, last)
    return found


def _serves(x: Node, users: dict[Node, list[Node]], outputs: set[Node]) -> bool:
    alone = len(users[x]) == 1 and x not in outputs and not x.name
    return alone and isinstance(x.op, ExpandDims)


def _absorbable(node: Node) -> bool:
    return bool(node.inputs) and not node.name


def _cut(
    scopes: tuple[Scope, ...],
    path: tuple[str, ...],
    level: Level,
    opened: Callable[[str], bool],
    depth: int | None,
) -> int:
    """Return how many scopes make up the block that a node is in; 0: it is alone."""
    if level == "op":
        return depth if depth is not None and len(path) >= depth else 0
    for at, name in enumerate(path, 1):
        if opened(name) or opened("/".join(path[:at])):
            continue
        if level == "model" or _is_layer(scopes[at - 1]) or at == depth:
            return at
    return 0


def _is_layer(scope: Scope) -> bool:
    """Whether a scope is that of a component, and not of a model or a bare one."""
    return bool(getattr(scope.component, "kind", ""))


def _opener(expand: Expand) -> Callable[[str], bool]:
    if expand is None:
        return lambda name: False
    if callable(expand):
        return expand
    patterns = [expand] if isinstance(expand, str) else list(expand)
    return lambda name: any(fnmatchcase(name, pattern) for pattern in patterns)
