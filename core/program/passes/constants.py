"""Constants: scalar arithmetic among constants is done once, when compiling."""

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
)  # fmt: skip
from chainrule.program.rewrite import Rules

_SCALAR: dict[type[Op], Callable[..., np.floating]] = {
    Add: np.add, Sub: np.subtract, Mul: np.multiply, Div: np.divide, Neg: np.negative,
    Pow: np.float_power, Sqrt: np.sqrt, Square: np.square, Reciprocal: np.reciprocal,
}  # fmt: skip


def _fold(node: Node) -> Node | None:
    """Compute an op whose operands are all scalar constants, in float64."""
    values = []
    for x in node.inputs:
        if not isinstance(x, Constant) or x.shape != ():
            return None
        values.append(np.float64(x.value))
    with np.errstate(all="ignore"):
        return Constant(_SCALAR[type(node.op)](*values))  # type: ignore[index]


def _move_out(node: Node) -> Node | None:
    """f(broadcast(c)) = broadcast(f(c)) for ops of one operand that keep shapes."""
    (x,) = node.inputs
    if not is_filled(x):
        return None
    inner = node.op(x.inputs[0]) if node.op else x
    return BroadcastTo(node.shape)(inner)  # type: ignore[arg-type]


def _refill(node: Node) -> Node | None:
    """A filled array stays one when it is reshaped."""
    (x,) = node.inputs
    if not is_filled(x):
        return None
    return BroadcastTo(node.shape)(x.inputs[0])  # type: ignore[arg-type]


def is_filled(x: Node) -> bool:
    """Whether x is one scalar repeated."""
    return isinstance(x.op, BroadcastTo) and x.inputs[0].shape == ()


RULES: Rules = {
    **dict.fromkeys((Add, Sub, Mul, Div, Pow), (_fold,)),
    **dict.fromkeys((Neg, Sqrt, Square, Reciprocal), (_fold, _move_out)),
    **dict.fromkeys((Reshape, ExpandDims, Squeeze), (_refill,)),
}
