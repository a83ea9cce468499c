"""Regularizers that see inputs, targets, predictions and the loss of a batch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.annotations import Fraction, NonNegative, PositiveInt
from chainrule.errors import ComponentError, ConformanceError
from chainrule.model.loss_graph import loss_of
from chainrule.testing import check_regularizer

random = np.random.default_rng(5)
X = random.normal(size=(12, 3)).astype(np.float32)
Y = random.normal(size=(12, 2)).astype(np.float32)
C = random.integers(3, size=12)


class SmallSlopes(cr.Regularizer):
    """λ · mean of Σ (∂Σŷ/∂x)²."""

    strength: NonNegative = 0.1

    def batch_penalty(self, batch: Any) -> cr.Node:
        (slopes,) = cr.grad(cr.ops.sum(batch.predictions[0]), [batch.inputs[0]])
        return self.strength * cr.ops.mean(cr.ops.sum(slopes * slopes, axis=1))


class Steep(cr.Regularizer):
    """‖∂J/∂x‖², of the loss itself: double backpropagation."""

    def batch_penalty(self, batch: Any) -> cr.Node:
        (slopes,) = cr.grad(batch.loss, [batch.inputs[0]])
        return cr.ops.sum(cr.ops.square(slopes))


class Shift(cr.Regularizer):
    """Targets moved by a number."""

    by: float = 1.0

    def transform_target(self, target: cr.Node, stream: str) -> cr.Node | None:
        return target + self.by if target.dtype == "float" else None


class LabelNoise(cr.Regularizer):
    """A random class instead of a share of the labels."""

    classes: PositiveInt = 3
    rate: Fraction = 0.3

    def transform_target(self, target: cr.Node, stream: str) -> cr.Node | None:
        if target.dtype != "int":
            return None
        other = cr.ops.to_int(self.classes * cr.ops.uniform(target, stream))
        drawn = cr.ops.uniform(target, f"{stream}/drawn")
        return cr.ops.where(drawn < self.rate, other, target)


def linear() -> cr.Model:
    return cr.Sequential([cr.layers.Dense(2)], input_shape=3)


@pytest.mark.parametrize("backend", ["numpy", "opencl"])
def test_a_penalty_of_the_slopes_is_trained_and_measured(backend: str) -> None:
    plain, penalized = linear(), linear()
    penalized.set_weights(plain.get_weights())
    options: dict[str, Any] = {"loss": "mse", "optimizer": "sgd", "backend": backend}
    plain.fit(X, Y, epochs=10, **options)
    penalized.fit(X, Y, epochs=10, regularizers=[SmallSlopes()], **options)
    kernels = [m.get_weights()["dense_1/kernel"].sum(1) for m in (plain, penalized)]
    assert (kernels[1] ** 2).sum() < (kernels[0] ** 2).sum()
    error = ((penalized.predict(X) - Y) ** 2).mean()
    penalty = 0.1 * (kernels[1] ** 2).sum()  # the slopes of a linear layer
    measured = penalized.evaluate(X, Y)["loss"]
    assert measured == pytest.approx(error + penalty, rel=1e-5)


def test_a_penalty_of_the_loss_is_that_of_the_graph_by_hand() -> None:
    made = linear()
    made.fit(X, Y, loss="mse", regularizers=[Steep()])
    x, t = made.inputs[0], cr.input("t", (None, 2))
    loss = cr.losses.mse(t, made.outputs[0])
    (slopes,) = cr.grad(loss, [x])
    by_hand = loss + cr.ops.sum(cr.ops.square(slopes))
    (expected,) = cr.evaluate([by_hand], {x: X, t: Y})
    assert made.evaluate(X, Y)["loss"] == pytest.approx(expected, rel=1e-5)


def test_targets_are_others_in_training_alone() -> None:
    made = linear()
    history = made.fit(
        X, Y, loss="mse", optimizer=cr.optimizers.SGD(lr=0.1), epochs=200,
        regularizers=[Shift(by=3.0)], metrics=["mae"], batch_size=12,
    )  # fmt: skip
    assert (made.predict(X) - Y).mean() == pytest.approx(3.0, abs=1e-2)
    assert history["mae"][-1] > 2  # which compares with the given ones
    assert made.evaluate(X, Y)["loss"] > 5 > history["loss"][-1]


@pytest.mark.parametrize("backend", ["numpy", "opencl"])
def test_label_noise(backend: str) -> None:
    made = cr.Sequential([cr.layers.Dense(3)], input_shape=3)
    loss = "sparse_softmax_cross_entropy"
    options: dict[str, Any] = {"loss": loss, "epochs": 3, "backend": backend, "seed": 1}
    weights = made.get_weights()
    made.fit(X, C, regularizers=[LabelNoise()], **options)
    other = cr.Sequential([cr.layers.Dense(3)], input_shape=3)
    other.set_weights(weights)
    other.fit(X, C, **options)
    one, two = (m.get_weights()["dense_1/bias"] for m in (made, other))
    assert not np.allclose(one, two)


def test_labels_out_of_range_are_found() -> None:
    made = cr.Sequential([cr.layers.Dense(3)], input_shape=3)
    options: dict[str, Any] = {"loss": "sparse_softmax_cross_entropy"}

    class Beyond(cr.Regularizer):
        def transform_target(self, target: cr.Node, stream: str) -> cr.Node:
            return target + 3

    with pytest.raises(cr.errors.ChainRuleError, match="indices must lie in 0 … 2"):
        made.fit(X, C, regularizers=[Beyond()], **options)


def test_they_are_drawn_and_explained() -> None:
    made = linear()
    made.fit(X, Y, loss="mse", regularizers=[SmallSlopes(), Shift()])
    loss = loss_of(made)
    assert "training" in cr.draw(loss, level="op", direction="backward").source
    values = {"x": X[:2], "t": Y[:2]}
    assert cr.draw(loss, level="layer", direction="both", values=values).source
    told = cr.explain(made, "dense_1/kernel", index=(0, 0), values=values)
    (x,), (t,) = made.inputs, [n for n in cr.Graph([loss]).inputs if n.name == "t"]
    slope = cr.grad(loss, [made.parameters["dense_1/kernel"]])
    (expected,) = cr.evaluate(slope, {x: X[:2], t: Y[:2]})
    assert told.value == pytest.approx(expected[0, 0], rel=1e-4)


@pytest.mark.parametrize("made", [SmallSlopes(), Steep(), Shift(), LabelNoise()])
def test_the_kit_checks_them(made: cr.Regularizer) -> None:
    check_regularizer(made)


def regularizer(method: str, returned: Any) -> cr.Regularizer:
    def function(self: Any, *args: Any) -> Any:
        return returned(args[0])

    cls = type("Wrong", (cr.Regularizer,), {method: function, "__doc__": "Wrong."})
    made: cr.Regularizer = cls()
    return made


WRONG = [
    ("penalty", lambda w: w, r"Wrong\.penalty must return one number.*got dense_1/ker"),
    ("batch_penalty", lambda b: b.predictions[0], r"batch_penalty must return one num"),
    ("batch_penalty", lambda b: 3.0, r"batch_penalty must return one number.*got 3\.0"),
    ("transform_target", cr.ops.sum, r"of the shape and dtype of target"),
    ("transform_target", lambda t: t > 0, r"of float, got .*greater .* of bool"),
    ("transform_target", lambda t: 0, r"transform_target must return a node .*got 0"),
]


@pytest.mark.parametrize(("method", "returned", "message"), WRONG)
def test_mistakes_are_named(method: str, returned: Any, message: str) -> None:
    with pytest.raises(ComponentError, match=message):
        linear().fit(X, Y, loss="mse", regularizers=[regularizer(method, returned)])


@pytest.mark.parametrize(
    ("method", "returned", "message"),
    [
        ("batch_penalty", lambda b: b.predictions[0], "penalty must be a scalar"),
        ("transform_target", cr.ops.sum, "must keep shape"),
    ],
)
def test_the_kit_finds_mistakes(method: str, returned: Any, message: str) -> None:
    with pytest.raises(ConformanceError, match=message):
        check_regularizer(regularizer(method, returned))
