"""Functions of nodes: a component as a function that is applied to arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from chainrule.autodiff import backward
from chainrule.dtypes import dtype_of
from chainrule.node import Input, Node, Parameter
from chainrule.ops import sum, uniform
from chainrule.shapes import Shape
from chainrule.testing.values import Array

Function: TypeAlias = Callable[..., Node]
Operand: TypeAlias = Array | Parameter


def leaves_for(values: Sequence[Array], batch: int | None = None) -> list[Input]:
    """Return inputs for values.

    A leading axis of size `batch` is left open, for values of the highest rank: other
    batches would not lie beside theirs.
    """
    rank = max((value.ndim for value in values), default=0)
    shapes: list[Shape] = [
        (None, *x.shape[1:]) if x.ndim == rank and x.shape[:1] == (batch,) else x.shape
        for x in values
    ]
    return [
        Input(f"x{i}", shape, dtype_of(value))
        for i, (shape, value) in enumerate(zip(shapes, values, strict=True))
    ]


def projected(y: Node) -> Node:
    """Return the product of y and random numbers, summed: a scalar to differentiate."""
    return sum(y * (uniform(y, "projection") - 0.5))


def with_gradients(y: Node, leaves: Sequence[Node]) -> list[Node]:
    """Return y and the derivatives of a projection of it, if it is differentiable."""
    if y.dtype != "float":
        return [y]
    gradient = backward(projected(y), leaves).gradient
    return [y, *(gradient[leaf] for leaf in leaves if leaf in gradient)]


def applied(op: Callable[..., Node], operands: Sequence[Operand]) -> Function:
    """Return a function of those operands that are not parameters."""

    def function(*leaves: Node) -> Node:
        rest = iter(leaves)
        return op(*(x if isinstance(x, Parameter) else next(rest) for x in operands))

    return function
