"""A node rejects being used as a number; NumPy's operators build nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import (
    ArgumentTypeError,
    DataError,
    GraphError,
    ShapeError,
)

W = cr.parameter("w", [1.0, 2.0])
LABELS = cr.input("labels", (2,), "int")
RAGGED: Any = [[1], [1, 2]]


@pytest.mark.parametrize(
    "misuse",
    [
        np.exp, np.sum, np.array, np.asarray, float, int, bool, list,
        lambda w: np.maximum(w, 0), lambda w: np.add(w, w), np.add.reduce,
        lambda w: np.where(w, 1, 2),
    ],
)  # fmt: skip
def test_numpy_and_python_cannot_compute_a_node(
    misuse: Callable[[Any], Any],
) -> None:
    with pytest.raises(GraphError):
        misuse(cr.input("x", (None, 3)))


def test_the_message_says_what_to_write() -> None:
    with pytest.raises(GraphError, match=r"np\.tanh .* write cr\.ops\.tanh"):
        np.tanh(W)  # type: ignore[call-overload]
    with pytest.raises(GraphError, match="an expression, not a number"):
        float(W)


def test_an_array_may_stand_on_either_side() -> None:
    a, w = np.array([3.0, 5.0]), W.value
    made: list[Any] = [
        a + W, a - W, a * W, a / W, a**W, a @ W, np.float64(2) * W,
        a < W, a <= W, a > W, a >= W,
    ]  # fmt: skip
    wanted = [
        a + w, a - w, a * w, a / w, a**w, a @ w, 2 * w,
        a < w, a <= w, a > w, a >= w,
    ]  # fmt: skip
    for got, value in zip(cr.evaluate(made), wanted, strict=True):
        np.testing.assert_allclose(got, value, rtol=1e-6)


@pytest.mark.parametrize(
    ("build", "error"),
    [
        (lambda: cr.parameter("w", RAGGED), GraphError),
        (lambda: cr.constant(RAGGED), GraphError),
        (lambda: W + RAGGED, GraphError),
        (lambda: cr.input((None, 4)), ArgumentTypeError),  # type: ignore[arg-type]
        (lambda: cr.ops.sum(W, axis="a"), ShapeError),
        (lambda: cr.ops.sum(W, axis=1.0), ShapeError),
        (lambda: W.reshape("a"), ShapeError),  # type: ignore[arg-type]
        (lambda: W[True], ShapeError),
        (lambda: cr.grad(3.0, [W]), ArgumentTypeError),  # type: ignore[arg-type]
        (lambda: cr.grad([cr.ops.sum(W)], [W]), ArgumentTypeError),  # type: ignore[arg-type]
        (lambda: cr.grad(cr.ops.sum(W), ["w"]), ArgumentTypeError),  # type: ignore[list-item]
        (lambda: cr.grad(cr.ops.sum(W), [W.value]), ArgumentTypeError),  # type: ignore[list-item]
        (lambda: cr.evaluate(None), ArgumentTypeError),  # type: ignore[arg-type]
        (lambda: cr.evaluate([3.0]), ArgumentTypeError),  # type: ignore[list-item]
        (lambda: cr.evaluate([LABELS], [[1, 2]]), ArgumentTypeError),  # type: ignore[arg-type]
        (lambda: cr.evaluate([LABELS], {"labels": RAGGED}), DataError),
        (lambda: cr.evaluate([LABELS], {"labels": [1.5, 2]}), DataError),
        (lambda: cr.evaluate([W], backend=3), ArgumentTypeError),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_part_of_a_graph_is_refused(
    build: Callable[[], Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        build()


def test_numpy_integers_are_integers() -> None:
    x = cr.constant(np.arange(6.0).reshape(2, 3))
    row, total = x[np.int64(1)], cr.ops.sum(x, axis=np.int64(0))  # type: ignore[arg-type]
    np.testing.assert_array_equal(cr.evaluate([row])[0], [3, 4, 5])
    np.testing.assert_array_equal(cr.evaluate([total])[0], [3, 5, 7])


def test_a_constant_is_not_the_array_it_was_made_from() -> None:
    array = np.array([1.0, 2.0])
    x = cr.constant(array)
    array[:] = 7
    np.testing.assert_array_equal(cr.evaluate([x])[0], [1, 2])
