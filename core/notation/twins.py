"""Twins: expressions that are what a named node is, such as softmax(z) where p is that.

A derivative may compute again what the graph has computed and named; formulas then use
the name.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

from chainrule.node import Constant, Node

S = TypeVar("S")


class Twins:
    """Finds the named node that is the same expression as another.

    Args:
        nodes: the nodes of a graph.
        symbol: returns the symbol of a node, or None.
    """

    def __init__(
        self, nodes: Iterable[Node], symbol: Callable[[Node], object | None]
    ) -> None:
        self._symbol = symbol
        self._keys: dict[Node, Hashable] = {}
        self._known: dict[Hashable, int] = {}
        self._own = dict.fromkeys(nodes)
        self._named: dict[Hashable, Node] = {}
        for node in self._own:
            if node.inputs and symbol(node):
                self._named.setdefault(self._defined(node), node)

    def find(self, node: Node) -> Node | None:
        """Return the named node that is the same expression; None for the graph's own.

        What the graph computes is written as it is, since edges lead there.
        """
        if node in self._own or not node.inputs:
            return None
        return self._named.get(self._defined(node))

    def _defined(self, root: Node) -> Hashable:
        """Return a key that equal expressions share, operands before operations."""
        stack = [root]
        while stack:
            node = stack[-1]
            waiting = [x for x in node.inputs if not self._has_key(x)]
            if waiting:
                stack.extend(waiting)
                continue
            stack.pop()
            assert node.op is not None
            key = (node.op.key, tuple(map(self._key, node.inputs)))
            self._keys.setdefault(node, self._known.setdefault(key, len(self._known)))
        return self._keys[root]

    def _has_key(self, node: Node) -> bool:
        return not node.inputs or node in self._keys or bool(self._symbol(node))

    def _key(self, node: Node) -> Hashable:
        if isinstance(node, Constant) and node.value.size == 1:
            return node.value.tobytes(), node.shape
        if not node.inputs or self._symbol(node):
            return node
        return self._keys[node]
