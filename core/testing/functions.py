"""Functions of nodes: a component as a function that is applied to arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from chainrule.autodiff import backward
from chainrule.dtypes import dtype_of
from chainrule.kinds.module import Module
from chainrule.kinds.operands import Takes
from chainrule.kinds.regularizer import Batch
from chainrule.node import Input, Node, Parameter
from chainrule.ops import mean, square, sum, tanh, uniform
from chainrule.shapes import Shape
from chainrule.testing.values import Array, Sizes

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


def inputs_for(
    module: Module, shape: Sizes, random: np.random.Generator
) -> list[Array]:
    """Return random numbers of one shape for each input that a module needs."""
    takes = Takes.of(module.apply)
    count = takes.least if takes.least == takes.most else max(takes.least, 2)
    return [random.standard_normal(shape) for _ in range(count)]


def outputs_of(module: Module, inputs: Sequence[Node]) -> tuple[Node, ...]:
    """Return the outputs of a module, also if there is only one."""
    returned = module(*inputs)
    return returned if isinstance(returned, tuple) else (returned,)


def batch_of(kernel: Parameter) -> tuple[Batch, list[Input]]:
    """Return a batch of four rows of a network of one layer, and its inputs."""
    features, units = kernel.value.shape
    x, t = Input("x", (4, features)), Input("t", (4, units))
    prediction = tanh(x @ kernel)
    loss = mean(square(prediction - t))
    return Batch((x,), (t,), (prediction,), loss), [x, t]


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
