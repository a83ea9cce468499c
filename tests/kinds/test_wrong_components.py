"""Components that break their contract raise an error that says how."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ChainRuleError, GraphError, ShapeError

X = np.random.default_rng(0).normal(size=(8, 4)).astype(np.float32)


def loss_of(returned: Callable[[cr.Node], Any]) -> cr.Loss:
    class Wrong(cr.Loss):
        def per_example(self, target: cr.Node, prediction: cr.Node) -> cr.Node:
            made: cr.Node = returned(cr.ops.square(target - prediction))
            return made

    return Wrong()


@pytest.mark.parametrize(
    "returned", [cr.ops.sum, lambda e: e, lambda _: 3.0, lambda _: None]
)
def test_a_loss_gives_one_number_for_each_example(returned: Any) -> None:
    y = cr.input("y", (None, 3))
    with pytest.raises(ShapeError, match=r"of shape \(batch\), got"):
        loss_of(returned)(np.ones((2, 3)), y)


def test_an_open_batch_fits_any() -> None:
    y = cr.input("y", (None, 3))
    loss = loss_of(lambda e: cr.ops.mean(e, axis=1))(np.ones((2, 3)), y)
    assert cr.evaluate([loss], {y: np.zeros((2, 3))})[0] == 1


@pytest.mark.parametrize("returned", [None, 1.0])
def test_an_activation_returns_a_node(returned: Any) -> None:
    class Wrong(cr.Activation):
        def apply(self, x: cr.Node) -> cr.Node:
            made: cr.Node = returned
            return made

    with pytest.raises(GraphError, match="apply must return a node"):
        cr.layers.Dense(2, activation=Wrong())(X)


def layer(*shapes: Any, initializer: Any = "ones") -> cr.Layer:
    class Scale(cr.Layer):
        def apply(self, x: cr.Node) -> cr.Node:
            for shape in shapes:
                x = self.parameter("s", shape, initializer) * x
            return x

    return Scale()


def test_the_shape_of_a_parameter_is_known_and_stays() -> None:
    x = cr.input("x", (None, 4))
    with pytest.raises(ShapeError, match=r"scale/s: .*must be known, got \(batch, 4\)"):
        layer(x.shape)(x)
    with pytest.raises(ShapeError, match=r"must keep the shape \(4,\)"):
        layer((4,), (1,))(x)


def test_an_initializer_may_be_named() -> None:
    x = cr.constant(X)
    np.testing.assert_array_equal(cr.evaluate([layer((4,))(x)])[0], X)
    with pytest.raises(ChainRuleError, match="no initializer named 'onse'"):
        layer((4,), initializer="onse")(x)


def test_a_metric_returns_a_tuple_of_totals() -> None:
    class Wrong(cr.Metric):
        def totals(self, target: cr.Node, prediction: cr.Node) -> Any:
            return cr.ops.sum(prediction)

        def result(self, *totals: float) -> float:
            return totals[0]

    model = cr.Sequential([cr.layers.Dense(4)])
    with pytest.raises(GraphError, match="must return a tuple of sums"):
        model.fit(X, X, loss="mse", metrics=[Wrong()])
