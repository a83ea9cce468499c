"""Check what holds for any function of nodes: shape, dtype, an open batch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chainrule.autodiff import backward
from chainrule.dtypes import dtype_of
from chainrule.errors import ConformanceError, ShapeError
from chainrule.execution import evaluate
from chainrule.graph import topological
from chainrule.node import Input, Parameter
from chainrule.ops import sum
from chainrule.testing.functions import Function, leaves_for, with_gradients
from chainrule.testing.values import Array

FAR = 1e4
"""An argument at which an activation or a loss must still be finite in float32."""


def check_result(
    function: Function, values: Sequence[Array], *, training: bool = False
) -> None:
    """Check that the result has the shape and dtype that the graph says.

    Raises:
        ConformanceError: it has another shape or dtype.
    """
    for dtype in ("float32", "float64"):
        leaves = leaves_for(values)
        y = function(*leaves)
        feeds = dict(zip(leaves, values, strict=True))
        (got,) = evaluate([y], feeds, dtype=dtype, training=training)
        if got.shape != y.shape or dtype_of(got) != y.dtype:
            raise ConformanceError(
                f"the graph says {y.shape} {y.dtype}, the program computes {got.shape} "
                f"{got.dtype}"
            )
        if y.dtype == "float" and got.dtype != dtype:
            raise ConformanceError(f"the result must be {dtype}, got {got.dtype}")


def check_certain(function: Function, values: Sequence[Array]) -> None:
    """Check that nothing is random outside training, and each call builds the same.

    Raises:
        ConformanceError: two runs, or two calls, give different results.
    """
    results = []
    for seed in (1, 1, 2):
        leaves = leaves_for(values)
        feeds = dict(zip(leaves, values, strict=True))
        results += evaluate([function(*leaves)], feeds, dtype="float64", seed=seed)
    first, again, other = (result.tobytes() for result in results)
    if first != again:
        raise ConformanceError(
            "a second call computes something else: draw random numbers with "
            "chainrule.ops, within chainrule.ops.training"
        )
    if first != other:
        raise ConformanceError(
            "the result is random outside training: put what is random into the first "
            "operand of chainrule.ops.training"
        )


def check_open_batch(
    function: Function, values: Sequence[Array], *, training: bool = False
) -> None:
    """Check that value and gradient are the same if the first axis is open.

    Raises:
        ConformanceError: they differ.
    """
    closed = _value_and_gradient(function, values, leaves_for(values), training)
    rank = max(value.ndim for value in values)
    batch = max((v.shape[0] for v in values if v.ndim == rank > 0), default=1)
    if batch == 1:
        return  # it could as well be meant to be broadcast
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
    nodes = with_gradients(function(*leaves), leaves)
    feeds = dict(zip(leaves, values, strict=True))
    state = [x for x in topological(nodes) if isinstance(x, Parameter)]
    before = [parameter.value.copy() for parameter in state]
    result = evaluate(nodes, feeds, dtype="float64", training=training)
    for parameter, value in zip(state, before, strict=True):
        parameter.value[...] = value  # which training may have changed
    return result


def check_equal(
    one: Function, other: Function, values: Sequence[Array], what: str
) -> None:
    """Check that two functions of nodes compute the same.

    Raises:
        ConformanceError: they differ; the message says that `what` does.
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
    nodes = {"value": y}
    gradient = backward(sum(y), [leaf]).gradient
    if leaf in gradient:
        nodes["gradient"] = gradient[leaf]
    results = evaluate(list(nodes.values()), {leaf: value})
    for what, got in zip(nodes, results, strict=True):
        if not np.isfinite(got).all():
            at = value[~np.isfinite(got)] if got.shape == value.shape else value
            raise ConformanceError(f"the {what} is not finite in float32 at {at}")
