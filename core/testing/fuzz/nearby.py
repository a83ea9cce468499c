"""Near misses: a graph with one thing changed that a rule must notice."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

import numpy as np

from chainrule import ops
from chainrule.errors import ChainRuleError
from chainrule.graph import topological
from chainrule.node import Constant, Node
from chainrule.substitution import substitute
from chainrule.testing.fuzz.sources import RandomSource
from chainrule.testing.reference import interpret

Change = Callable[[Node, Node, RandomSource], Node | None]
"""Makes something else of a node of a graph, given its root too; None: it cannot."""


def nearby(root: Node, some: RandomSource) -> Node:
    """Return a graph with one node changed; the same graph if no change fits it."""
    for _ in range(8):
        node = some.pick([n for n in topological([root]) if n.op or n.shape])
        change = some.pick(list(CHANGES.values()))
        try:
            made = change(node, root, some)
            if made is None or made is node:
                continue
            (changed,) = substitute([root], {node: made})
            (value,) = interpret([changed], some.feeds)
        except (ChainRuleError, ValueError, IndexError):  # it does not fit
            continue
        if changed.dtype == "float" and value.shape == changed.shape:
            return changed
    return root


def _doubled(node: Node, root: Node, some: RandomSource) -> Node | None:
    return node * some.pick([node, some.like(node), *node.inputs])


def _added(node: Node, root: Node, some: RandomSource) -> Node | None:
    return node + some.pick([node, some.like(node), *node.inputs])


def _swapped(node: Node, root: Node, some: RandomSource) -> Node | None:
    return node.op(*reversed(node.inputs)) if node.op else None


def _other_operand(node: Node, root: Node, some: RandomSource) -> Node | None:
    if not node.inputs or node.op is None:
        return None
    others = [n for n in topological([root]) if n.dtype == "float"]
    operands = list(node.inputs)
    i = some.pick(range(len(operands)))
    operands[i] = some.pick([some.like(operands[i]), some.pick(others)])
    return node.op(*operands)


def _other_axis(node: Node, root: Node, some: RandomSource) -> Node | None:
    op, x = node.op, node.inputs[0] if node.inputs else node
    if isinstance(op, (ops.Softmax, ops.LogSoftmax)):
        return dataclasses.replace(op, axis=some.pick(range(x.ndim)))(x)
    if not isinstance(op, (ops.Sum, ops.LogSumExp, ops.Max)) or not x.ndim:
        return None
    axes = (some.pick(range(x.ndim)),)
    made = dataclasses.replace(op, axes=axes, keepdims=some.pick([True, False]))(x)
    return some.pick([made, ops.reshape(made, node.shape)])


def _other_number(node: Node, root: Node, some: RandomSource) -> Node | None:
    if not isinstance(node, Constant):
        return None
    value = np.full(node.value.shape, some.number())
    return Constant(some.pick([value, np.broadcast_to(value, (3, 3))]))


CHANGES: Mapping[str, Change] = {
    "a factor twice": _doubled,
    "a term twice": _added,
    "operands swapped": _swapped,
    "another operand": _other_operand,
    "another axis": _other_axis,
    "another number": _other_number,
    "turned": lambda node, root, some: ops.transpose(node) if node.ndim > 1 else None,
    "repeated": lambda node, root, some: ops.broadcast_to(node, (3, 3)),
    "one axis more": lambda node, root, some: ops.expand_dims(node, 0),
    "no gradient": lambda node, root, some: ops.stop_gradient(node),
    "passed on": lambda node, root, some: ops.identity(node),
    "sign": lambda node, root, some: -node,
    "one element": lambda node, root, some: node[..., :1] if node.ndim else None,
}
