"""From what a user calls something to the node that is meant."""

from __future__ import annotations

from chainrule.errors import UnknownNameError, did_you_mean
from chainrule.graph import Graph
from chainrule.node import Node, Parameter
from chainrule.notation.naming import Naming


def node_called(name: str, graph: Graph, naming: Naming) -> Node:
    """Return the node of a path (``dense_1/kernel``), name (``x``) or symbol (W⁽¹⁾).

    Raises:
        UnknownNameError: there is none; suggests near ones.
    """
    found: dict[str, Node] = {}
    for node in sorted(graph, key=lambda n: not isinstance(n, Parameter)):
        symbol = naming.symbol(node)
        for text in (graph.id[node], node.name, symbol.unicode() if symbol else None):
            if text:
                found.setdefault(text, node)
    if name not in found:
        known = [graph.id[leaf] for leaf in (*graph.parameters, *graph.inputs)]
        raise UnknownNameError(f"no node called {name!r}.{did_you_mean(name, known)}")
    return found[name]
