"""Sums over axes."""

from __future__ import annotations

import math

from chainrule.node import Constant, Node
from chainrule.ops import (
    BroadcastTo,
    Mul,
    Neg,
    OneHot,
    Sum,
    broadcast_to,
    mul,
    neg,
    one_hot,
)  # fmt: skip
from chainrule.ops import sum as sum_over
from chainrule.program.passes.domain import LARGEST, bound, number
from chainrule.program.passes.rule import Source, rule


def terms(node: Node) -> int:
    """Return how many elements each element of a sum adds up."""
    assert isinstance(node.op, Sum)
    return math.prod(node.inputs[0].shape[axis] or 0 for axis in node.op.axes)


def filled(value: float, node: Node) -> Node:
    """Return a number repeated to the shape of a node."""
    constant = Constant(value)
    return BroadcastTo(node.shape)(constant) if node.shape else constant  # type: ignore[arg-type]


def _some_sum(some: Source, x: Node) -> Node:
    axes = some.pick([None, 0, x.ndim - 1])
    return sum_over(x, axes, keepdims=some.pick([False, True]))


def _sum_of_a_number(some: Source) -> Node:
    total = _some_sum(some, broadcast_to(some.number(), (2, 3)))
    return total * some.like(total) if total.ndim else total * some.array()


@rule(Sum, example=lambda some: Sum(())(some.array()))
def _over_nothing(node: Node) -> Node | None:
    """Σ x = x over no axes."""
    assert isinstance(node.op, Sum)
    return None if node.op.axes else node.inputs[0]


@rule(Sum, example=lambda some: _some_sum(some, -some.array()))
def _negative(node: Node) -> Node | None:
    """Σ (−x) = −Σ x."""
    (x,) = node.inputs
    if not isinstance(x.op, Neg) or node.op is None:
        return None
    return neg(node.op(x.inputs[0]))


@rule(Sum, example=lambda some: _some_sum(some, some.array() * some.number()))
def _scaled(node: Node) -> Node | None:
    """Σ (x · c) = Σ x · c, for |c| ≥ 1 or small x, where it saves work."""
    (product,) = node.inputs
    if not isinstance(product.op, Mul) or node.op is None:
        return None
    for x, c in (product.inputs, product.inputs[::-1]):
        value = number(c)
        if value is None or c.shape != () or x.dtype != "float":
            continue
        saves = node.shape == () or isinstance(x.op, OneHot)
        if saves and (abs(value) >= 1 or bound(x) * terms(node) <= LARGEST):
            return mul(node.op(x), value)
    return None


@rule(Sum, example=lambda some: sum_over(one_hot(some.pick([[0, 2], [1]]), 3), -1))
def _one_hot(node: Node) -> Node | None:
    """Σ onehot(i) = 1 along its last axis."""
    (x,) = node.inputs
    assert isinstance(node.op, Sum)
    if not isinstance(x.op, OneHot) or node.op.axes != (x.ndim - 1,):
        return None
    return filled(1.0, node)


@rule(Sum, example=_sum_of_a_number)
def _filled(node: Node) -> Node | None:
    """Σ c = n · c for a finite number c that is repeated n times."""
    (x,) = node.inputs
    value = number(x)
    if value is None or x.dtype != "float" or not math.isfinite(value):
        return None
    return filled(value * terms(node), node)


SUMS = (_over_nothing, _negative, _scaled, _one_hot, _filled)
