"""What every function of nodes must do: shape, dtype, an open batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from chainrule.autodiff import backward
from chainrule.errors import ConformanceError, ShapeError
from chainrule.execution import evaluate
from chainrule.node import Dtype, Input, Node
from chainrule.ops import sum, uniform
from chainrule.shapes import Shape

Array: TypeAlias = npt.NDArray[Any]
Function: TypeAlias = Callable[..., Node]

FAR = 1e4
"""An argument at which an activation or a loss must still be finite in float32."""


def dtype_of(value: Array) -> Dtype:
    """Return a graph's name for the dtype of an array."""
    kinds: dict[str, Dtype] = {"b": "bool", "i": "int", "u": "int", "f": "float"}
    return kinds[value.dtype.kind]


def leaves_for(values: Sequence[Array], batch: int | None = None) -> list[Input]:
    """Return inputs for values; a leading axis of size `batch` is left open."""
    return [
        Input(f"x{i}", _opened(value.shape, batch), dtype_of(value))
        for i, value in enumerate(values)
    ]


def _opened(shape: tuple[int, ...], batch: int | None) -> Shape:
    return (None, *shape[1:]) if shape[:1] == (batch,) else shape


def check_result(
    function: Function, values: Sequence[Array], *, training: bool = False
) -> None:
    """Check that the result has the shape and dtype that the graph says.

    Raises:
        ConformanceError: it has not.
    """
    for width in ("float32", "float64"):
        leaves = leaves_for(values)
        y = function(*leaves)
        (got,) = evaluate(
            [y], dict(zip(leaves, values, strict=True)), dtype=width, training=training
        )
        if got.shape != y.shape or dtype_of(got) != y.dtype:
            raise ConformanceError(
                f"the graph says {y.shape} {y.dtype}, the program computes {got.shape} "
                f"{got.dtype}"
            )
        if y.dtype == "float" and got.dtype != width:
            raise ConformanceError(f"the result is {got.dtype}, {width} was asked for")


def check_open_batch(
    function: Function, values: Sequence[Array], *, training: bool = False
) -> None:
    """Check that value and gradient are the same with the first axis open.

    Raises:
        ConformanceError: they are not.
    """
    closed = _value_and_gradient(function, values, leaves_for(values), training)
    rank = max(value.ndim for value in values)
    batch = max((v.shape[0] for v in values if v.ndim == rank > 0), default=1)
    if batch == 1:
        return  # a batch of one could as well be meant to be broadcast
    leaves = leaves_for(values, batch)
    try:
        opened = _value_and_gradient(function, values, leaves, training)
    except ShapeError as error:
        if "open" in str(error):
            return  # this axis must be known, and the message says so
        raise
    for a, b in zip(closed, opened, strict=True):
        same = a.shape == b.shape and np.allclose(a, b, 1e-12, 1e-12, equal_nan=True)
        if not same:
            raise ConformanceError(
                f"with the batch open the result is {b!r}, with it closed {a!r}"
            )


def _value_and_gradient(
    function: Function, values: Sequence[Array], leaves: list[Input], training: bool
) -> list[Array]:
    y = function(*leaves)
    nodes = [y]
    if y.dtype == "float":
        projected = sum(y * (uniform(y, "projection") - 0.5))
        gradient = backward(projected, leaves).gradient
        nodes += [gradient[leaf] for leaf in leaves if leaf in gradient]
    feeds = dict(zip(leaves, values, strict=True))
    return evaluate(nodes, feeds, dtype="float64", training=training)


def check_equal(
    one: Function, other: Function, values: Sequence[Array], what: str
) -> None:
    """Check that two functions of nodes compute the same.

    Raises:
        ConformanceError: they do not; the message says that `what` differs.
    """
    leaves = leaves_for(values)
    feeds = dict(zip(leaves, values, strict=True))
    a, b = evaluate([one(*leaves), other(*leaves)], feeds, dtype="float64")
    if a.shape != b.shape or not np.allclose(a, b, rtol=1e-10, atol=1e-12):
        raise ConformanceError(f"{what} gives {b!r} where {a!r} was expected")


def check_far(function: Function, value: Array) -> None:
    """Check that value and gradient at far arguments are finite in float32.

    Raises:
        ConformanceError: they are not; says where.
    """
    leaf = Input("x", value.shape)
    y = function(leaf)
    nodes = [y]
    gradient = backward(sum(y), [leaf]).gradient
    if leaf in gradient:
        nodes.append(gradient[leaf])
    for what, got in zip(
        ("value", "gradient"), evaluate(nodes, {leaf: value}), strict=False
    ):
        if not np.isfinite(got).all():
            at = value[~np.isfinite(got)] if got.shape == value.shape else value
            raise ConformanceError(f"the {what} is not finite in float32 at {at}")
