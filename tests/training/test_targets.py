"""Targets in the form that losses and metrics of a user's own take them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import DataError, ShapeError
from chainrule.node import Node

random = np.random.default_rng(2)
X = random.normal(size=(40, 3)).astype(np.float32)
WEIGHTS = np.array([1.0, -2.0, 0.5], np.float32)
Y = X @ WEIGHTS


def squares(target: Node, prediction: Node) -> Node:
    return cr.ops.mean(cr.ops.square(target - prediction))


class Error(cr.Metric):
    """A mean squared error that checks nothing."""

    def totals(self, target: Node, prediction: Node) -> tuple[Node, ...]:
        error = cr.ops.square(target - prediction)
        return cr.ops.sum(error), cr.ops.sum(0 * error + 1)

    def result(self, *totals: float) -> float:
        return totals[0] / totals[1]


class Squares(cr.Loss):
    def per_example(self, target: Node, prediction: Node) -> Node:
        squared = cr.ops.square(target - prediction)
        return squared if squared.ndim == 1 else cr.ops.mean(squared, axis=-1)


def column() -> cr.Model:
    return cr.Sequential([cr.layers.Dense(1)], input_shape=3)


def vector() -> cr.Model:
    x = cr.input("x", (None, 3))
    return cr.Model(x, cr.layers.Dense(1)(x)[:, 0])


@pytest.mark.parametrize("shape", [(40,), (40, 1)])
@pytest.mark.parametrize("make", [column, vector])
@pytest.mark.parametrize("loss", [squares, "mse", Squares()])
def test_targets_come_in_the_shape_of_the_prediction(
    loss: Any, make: Callable[[], cr.Model], shape: tuple[int, ...]
) -> None:
    model = make()
    y = Y.reshape(shape)
    how: dict[str, Any] = {"loss": loss, "metrics": [Error()]}
    model.fit(
        X, y, optimizer=cr.optimizers.SGD(lr=0.1), epochs=60, validation=(X, y), **how
    )
    assert model.history is not None
    assert model.history["error"] == pytest.approx(model.history["loss"], rel=1e-5)
    assert model.history["val_error"][-1] < 1e-4
    assert model.evaluate(X, y)["error"] < 1e-4
    kernel = model.parameters["dense_1/kernel"].value
    np.testing.assert_allclose(kernel[:, 0], WEIGHTS, atol=0.01)


@pytest.mark.parametrize("shape", [(40,), (40, 1)])
def test_so_they_do_for_each_of_several_outputs(shape: tuple[int, ...]) -> None:
    x = cr.input("x", (None, 3))
    a = cr.layers.Dense(1, name="a")(x)
    b = cr.layers.Dense(1, name="b")(x)[:, 0].named("c")
    model = cr.Model(x, [a, b])
    y = Y.reshape(shape)
    model.fit(X, [y, 2 * y], loss=[squares, squares], metrics=[Error()], epochs=2)
    numbers = model.evaluate(X, [y, 2 * y])
    first, second = (np.ravel(part) for part in model.predict(X))
    names = [n.removesuffix("_error") for n, _ in numbers.items() if "_error" in n]
    expected = [np.mean((Y - first) ** 2), np.mean((2 * Y - second) ** 2)]
    for name, error in zip(names, expected, strict=True):
        assert numbers[f"{name}_error"] == pytest.approx(error, rel=1e-5)
        assert numbers[f"{name}_loss"] == pytest.approx(error, rel=1e-5)


def test_integers_are_labels_to_a_function() -> None:
    labels = (Y > 0).astype(int)

    def cross_entropy(target: Node, prediction: Node) -> Node:
        log_p = cr.ops.log_softmax(prediction)
        return -cr.ops.mean(cr.ops.pick(log_p, target))

    model = cr.Sequential([cr.layers.Dense(2)])
    same = cr.Sequential([cr.layers.Dense(2)])
    ours = model.fit(X, labels, loss=cross_entropy, metrics=["accuracy"])
    theirs = same.fit(
        X, labels, loss="sparse_softmax_cross_entropy", metrics=["accuracy"]
    )
    assert ours == theirs


@pytest.mark.parametrize(
    ("shape", "other"), [((None,), (None, 1)), ((None,), (None, 5)),
                         ((None, 3), (None, 1, 3)), ((None, None), (None, 1, 1))]
)  # fmt: skip
@pytest.mark.parametrize(
    "op", [lambda a, b: a - b, lambda a, b: b * a, cr.ops.maximum,
           lambda a, b: cr.ops.where(b > 0, a, b), lambda a, b: a > b]
)  # fmt: skip
def test_batches_on_different_axes_are_not_broadcast(
    op: Any, shape: tuple[int | None, ...], other: tuple[int | None, ...]
) -> None:
    t, y = cr.input("t", shape), cr.input("y", other)
    instead = r"each with each; write cr.ops.expand_dims\(x, 1\) for x = .*t \(batch"
    with pytest.raises(ShapeError, match=instead):
        op(t, y)


@pytest.mark.parametrize(
    ("shape", "other"),
    [((None, 1), (1, None)), ((None, 3), (3,)), ((None, 3), ()), ((None, 3), (1, 3)),
     ((None, None, 3), (None, 3)), ((None, 1), (None, 3)), ((None,), (1,)),
     ((None,), (5, 1))],
)  # fmt: skip
def test_what_is_meant_to_be_broadcast_is(
    shape: tuple[int | None, ...], other: tuple[int | None, ...]
) -> None:
    t, y = cr.input("t", shape), cr.input("y", other)
    assert (t - y).ndim == max(len(shape), len(other))


@pytest.mark.parametrize("weight", [(None, 1), (4, 1), (), (1,)])
def test_sample_weights_are_one_for_each_example(weight: Any) -> None:
    t, y, w = cr.input("t", (None, 2)), cr.input("y", (None, 2)), cr.input("w", weight)
    if weight == (1,):
        return
    with pytest.raises(ShapeError, match="must have one number for each example"):
        cr.losses.mse(t, y, w)


def test_labels_are_not_rounded() -> None:
    model = cr.Sequential([cr.layers.Dense(2)], input_shape=3)
    with pytest.raises(DataError, match=r"must hold integers, got 0\.99999999"):
        model.fit(X[:2], [0, 0.99999999], loss="sparse_softmax_cross_entropy")
    with pytest.raises(DataError, match=r"has label 1.67772e\+07 in row 1"):
        model.fit(X[:2], [0, 2**24 + 1], loss="sparse_softmax_cross_entropy")
