"""Calls of modules: which nodes each returned, and which it made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from chainrule.node import Node
from chainrule.scopes import Scope


class Call(NamedTuple):
    """A call of a module, or of a whole model, on nodes.

    Attributes:
        module: the module or model.
        inputs: the nodes it was called on.
        output: the number of the output, if there are several. All outputs of one call
            have the same tuple as `inputs`, not only an equal one.
    """

    module: Any
    inputs: tuple[Node, ...]
    output: int = 0


calls: WeakKeyDictionary[Node, Call] = WeakKeyDictionary()
"""For each node that a module returned, the outermost call that returned it."""


def of_one_call(one: Node, other: Node) -> bool:
    """Whether the same call returned two nodes, as different outputs."""
    return one in calls and other in calls and calls[one].inputs is calls[other].inputs


def is_returned(node: Node, scope: Scope) -> bool:
    """Whether a node is what a call returned of the module that has a scope.

    A call of something around that module, which ends with it, returned it as well.
    """
    if node not in calls or scope not in node.scope:
        return False
    around = node.scope[: node.scope.index(scope) + 1]
    return calls[node].module.scope in around


def divided_by_call(nodes: Sequence[Node], scope: Scope) -> list[list[Node]]:
    """Divide the results in the scope of a module by the calls that made them.

    Nodes of one call hang together, and so do its outputs; what reads what another
    call returned does not.

    Args:
        nodes: the results, in topological order.
        scope: the scope that all of them are in.
    """
    inside, group = set(nodes), {node: node for node in nodes}

    def root(node: Node) -> Node:
        while group[node] is not node:
            group[node] = node = group[group[node]]
        return node

    outputs: dict[int, Node] = {}
    for node in nodes:
        if node in calls and calls[node].module.scope is scope:
            group[root(node)] = root(outputs.setdefault(id(calls[node].inputs), node))
        for x in node.inputs:
            if x in inside and not is_returned(x, scope):
                group[root(node)] = root(x)
    found: dict[Node, list[Node]] = {}
    for node in nodes:
        found.setdefault(root(node), []).append(node)
    return list(found.values())
