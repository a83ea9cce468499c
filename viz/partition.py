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

from chainrule.graph import Constant, Graph, Node, Scope

Level: TypeAlias = Literal["model", "layer", "op", "neuron"]
Expand: TypeAlias = "str | Sequence[str] | Callable[[str], bool] | None"
"""Names or patterns of scopes to open, or a function that says so."""


@dataclass
class Part:
    """Nodes that are shown as one block."""

    nodes: list[Node] = field(default_factory=list)
    scope: tuple[str, ...] = ()
    """The scope that it stands for; empty for nodes outside all scopes."""
    component: object = None
    whole: bool = False
    """Whether it is a scope, and not a single node."""
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
) -> list[Part]:
    """Divide the nodes of a graph into parts; unnamed constants are left out."""
    opened = _opener(expand)
    users = consumers(graph)
    outputs = set(graph.outputs)
    key: dict[Node, Hashable] = {}
    for node in reversed(graph.order):
        if isinstance(node, Constant) and not node.name:
            continue
        cut = _cut(node, graph, level, opened, depth)
        if cut:
            key[node] = graph.scope_path[node][:cut]
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
            part.component = node.scope[len(identity) - 1].component
            part.whole = True
        else:
            part.scope = graph.scope_path[node]
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


def _absorbable(node: Node) -> bool:
    return bool(node.inputs) and not node.name


def _cut(
    node: Node,
    graph: Graph,
    level: Level,
    opened: Callable[[str], bool],
    depth: int | None,
) -> int:
    """Return how many scopes make up the block that a node is in; 0: it is alone."""
    path = graph.scope_path[node]
    if level == "op":
        return depth if depth is not None and len(path) >= depth else 0
    for at, name in enumerate(path, 1):
        if opened(name) or opened("/".join(path[:at])):
            continue
        if level == "model" or _is_layer(node.scope[at - 1]) or at == depth:
            return at
    return 0


def _is_layer(scope: Scope) -> bool:
    kind = getattr(scope.component, "kind", "")
    return scope.component is not None and kind != "models"


def _opener(expand: Expand) -> Callable[[str], bool]:
    if expand is None:
        return lambda name: False
    if callable(expand):
        return expand
    patterns = [expand] if isinstance(expand, str) else list(expand)
    return lambda name: any(fnmatchcase(name, pattern) for pattern in patterns)
