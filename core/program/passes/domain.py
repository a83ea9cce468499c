"""Known numbers in a graph, and bounds on unknown ones."""

from __future__ import annotations

import math

import numpy as np

from chainrule.node import Constant, Node
from chainrule.ops import (
    Add,
    BroadcastTo,
    Cos,
    Erf,
    ExpandDims,
    Mul,
    Neg,
    OneHot,
    Pick,
    Reshape,
    Sigmoid,
    Sin,
    Slice,
    Softmax,
    Squeeze,
    Sub,
    Tanh,
    ToFloat,
    Transpose,
    Uniform,
)  # fmt: skip

LARGEST = float(np.finfo(np.float32).max)
SMALLEST = float(np.finfo(np.float32).smallest_normal)

_WITHIN_ONE = (OneHot, Sigmoid, Softmax, Tanh, Sin, Cos, Erf, Uniform)
_OF_ITS_OPERAND = (
    Neg, BroadcastTo, ExpandDims, Squeeze, Reshape, Transpose, Slice, Pick,
)  # fmt: skip
_DEPTH = 4
"""How far down a bound is looked for."""


def number(x: Node) -> float | None:
    """Return the number that x is, a scalar constant or one repeated, or None."""
    if type(x.op) is BroadcastTo:
        (x,) = x.inputs
    if isinstance(x, Constant) and x.shape == () and x.dtype != "bool":
        return float(x.value)
    return None


def is_normal(c: float) -> bool:
    """Whether a number is one in every width, with all its digits."""
    return SMALLEST <= abs(c) <= LARGEST


def bound(x: Node, depth: int = _DEPTH) -> float:
    """Return a number that no finite element of x exceeds in size; often infinity."""
    value = number(x)
    if value is not None:
        return abs(value)
    if isinstance(x.op, _WITHIN_ONE):
        return 1.0
    if isinstance(x.op, ToFloat) and x.inputs[0].dtype == "bool":
        return 1.0
    if depth == 0:
        return math.inf
    if isinstance(x.op, _OF_ITS_OPERAND):
        return bound(x.inputs[0], depth - 1)
    if isinstance(x.op, (Add, Sub)):
        return sum(bound(operand, depth - 1) for operand in x.inputs)
    if isinstance(x.op, Mul):
        return math.prod(bound(operand, depth - 1) for operand in x.inputs)
    return math.inf
