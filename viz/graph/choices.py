"""Choices inside a choice: ``a if c else (0 if c else b)`` is ``a if c else b``.

Numerical code hides from a branch what it cannot take, as in ``z if z > 0 else
expm1(0 if z > 0 else z)``; on paper the branch itself says so.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from chainrule.node import Constant, Node
from chainrule.ops import Where, where
from chainrule.ops.base import Elementwise


def settled_choice(node: Node) -> Node | None:
    """Leave out, in both branches of a choice, choices by the same condition."""
    condition, yes, no = node.inputs
    taken = _settled(yes, condition, 1), _settled(no, condition, 2)
    made = where(condition, *taken)
    return made if taken != (yes, no) and made.shape == node.shape else None


def _settled(branch: Node, condition: Node, side: int) -> Node:
    """Return a branch with the side taken of each choice by a condition.

    Only what acts on each element alone is looked through.
    """
    found: dict[Node, Node] = {}
    for node in _operands_first(branch):
        inputs = [found.get(x, x) for x in node.inputs]
        if isinstance(node.op, Where) and same(node.inputs[0], condition):
            found[node] = inputs[side]
        elif node.op is not None and inputs != list(node.inputs):
            found[node] = node.op(*inputs)
    return found.get(branch, branch)


def _operands_first(root: Node) -> Iterator[Node]:
    """Yield the elementwise nodes that a node is made of, each behind its operands."""
    waiting, open_nodes, seen = [root], set[Node](), set[Node]()
    while waiting:
        node = waiting[-1]
        if node in open_nodes or not isinstance(node.op, Elementwise):
            waiting.pop()
            if node not in seen and isinstance(node.op, Elementwise):
                seen.add(node)
                yield node
            continue
        open_nodes.add(node)
        waiting += node.inputs


def same(a: Node, b: Node) -> bool:
    """Whether two nodes are one expression."""
    if a is b:
        return True
    if isinstance(a, Constant) and isinstance(b, Constant):
        return a.dtype == b.dtype and np.array_equal(a.value, b.value)
    if a.op is None or b.op is None or a.op.key != b.op.key:
        return False
    return all(same(x, y) for x, y in zip(a.inputs, b.inputs, strict=True))
