"""Look-up: nodes found by the names that a user gives them."""

from __future__ import annotations

from collections.abc import Mapping

from chainrule.errors import unknown_name
from chainrule.graph import Graph
from chainrule.node import Node, Parameter
from chainrule.notation.naming import Naming


def nodes_by_name(
    graph: Graph, naming: Naming, paths: Mapping[str, Node] | None = None
) -> dict[str, Node]:
    """Return the nodes of a graph by everything that they can be called.

    That is a node's path (``dense_1/kernel``), its name (``x``) and its symbol (W⁽¹⁾).
    If several nodes have one name, it means the first, and parameters come first.

    Args:
        graph: where the nodes are.
        naming: their symbols.
        paths: the paths of a model's parameters; a node with a path cannot be called
            by its bare name, which several layers share.
    """
    inside = set(graph)
    found = {path: n for path, n in (paths or {}).items() if n in inside}
    with_path = set(found.values())
    for node in sorted(graph, key=lambda n: not isinstance(n, Parameter)):
        symbol = naming.symbol(node)
        name = None if node in with_path else node.name
        for text in (graph.id[node], name, symbol.unicode() if symbol else None):
            if text:
                found.setdefault(text, node)
    return found


def node_called(name: str, known: Mapping[str, Node]) -> Node:
    """Return the node of a name.

    Raises:
        UnknownNameError: there is none; suggests similar names.
    """
    if name not in known:
        raise unknown_name("node", name, known)
    return known[name]
