"""Functions of nodes: a component as a function that is applied to arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from chainrule.autodiff import backward
from chainrule.node import Input, Node, dtype_of
from chainrule.ops import sum, uniform
from chainrule.shapes import Shape
from chainrule.testing.values import Array

Function: TypeAlias = Callable[..., Node]


def leaves_for(values: Sequence[Array], batch: int | None = None) -> list[Input]:
    """Return inputs for values; a leading axis of size `batch` is left open."""
    return [
        Input(f"x{i}", _opened(value.shape, batch), dtype_of(value))
        for i, value in enumerate(values)
    ]


def _opened(shape: tuple[int, ...], batch: int | None) -> Shape:
    return (None, *shape[1:]) if shape[:1] == (batch,) else shape


def projected(y: Node) -> Node:
    """Return the product of y and random numbers, summed: a scalar to differentiate."""
    return sum(y * (uniform(y, "projection") - 0.5))


def with_gradients(y: Node, leaves: Sequence[Node]) -> list[Node]:
    """Return y and the derivatives of a projection of it, if it is differentiable."""
    if y.dtype != "float":
        return [y]
    gradient = backward(projected(y), leaves).gradient
    return [y, *(gradient[leaf] for leaf in leaves if leaf in gradient)]
