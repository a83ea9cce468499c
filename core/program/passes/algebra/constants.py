"""Constants: arithmetic among numbers is done once, in float64, when compiling."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from chainrule.node import Constant, Node
from chainrule.ops import (
    Add,
    BroadcastTo,
    Div,
    ExpandDims,
    Mul,
    Neg,
    Op,
    Pow,
    Reciprocal,
    Reshape,
    Sqrt,
    Square,
    Squeeze,
    Sub,
    broadcast_to,
    neg,
    reshape,
)  # fmt: skip
from chainrule.program.passes.rule import Source, rule

_ARITHMETIC: dict[type[Op], Callable[..., np.floating]] = {
    Add: np.add, Sub: np.subtract, Mul: np.multiply, Div: np.divide, Neg: np.negative,
    Pow: np.float_power, Sqrt: np.sqrt, Square: np.square, Reciprocal: np.reciprocal,
}  # fmt: skip


def _of_numbers(some: Source) -> Node:
    a, b = Constant(some.number()), Constant(some.number())
    return some.pick([a + b, a - b, a * b, a / b, -a]) * some.array()


@rule(*_ARITHMETIC, example=_of_numbers)
def _fold(node: Node) -> Node | None:
    """f(c, d) is a number."""
    values = []
    for x in node.inputs:
        if not isinstance(x, Constant) or x.shape != () or node.dtype != "float":
            return None
        values.append(np.float64(x.value))
    with np.errstate(all="ignore"):
        return Constant(_ARITHMETIC[type(node.op)](*values))  # type: ignore[index]


def _repeated(some: Source) -> Node:
    return broadcast_to(Constant(some.number()), (2, 3))


@rule(Neg, Sqrt, Square, Reciprocal, example=lambda some: neg(_repeated(some)))
def _of_repeated(node: Node) -> Node | None:
    """f(broadcast(c)) = broadcast(f(c))."""
    (x,) = node.inputs
    if not _is_filled(x) or node.op is None:
        return None
    return BroadcastTo(node.shape)(node.op(x.inputs[0]))  # type: ignore[arg-type]


@rule(
    Reshape, ExpandDims, Squeeze, example=lambda some: reshape(_repeated(some), (3, 2))
)
def _reshaped(node: Node) -> Node | None:
    """reshape(broadcast(c)) = broadcast(c)."""
    (x,) = node.inputs
    if not _is_filled(x):
        return None
    return BroadcastTo(node.shape)(x.inputs[0])  # type: ignore[arg-type]


def _is_filled(x: Node) -> bool:
    """Whether x is one scalar repeated."""
    return isinstance(x.op, BroadcastTo) and x.inputs[0].shape == ()


CONSTANTS = (_fold, _of_repeated, _reshaped)
