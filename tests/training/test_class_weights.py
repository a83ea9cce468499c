"""Class weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import DataError

random = np.random.default_rng(8)
X = random.normal(size=(40, 3)).astype(np.float32)
LABELS = random.integers(0, 3, 40)
ONE_HOT = np.eye(3)[LABELS]
WEIGHTS = {0: 2.0, 2: 0.25}
FACTORS = np.array([2.0, 1.0, 0.25])[LABELS]
YES = (LABELS == 2).astype(float)


def trained(y: Any, loss: str, outputs: int = 3, **options: Any) -> dict[str, Any]:
    model = cr.Sequential([cr.layers.Dense(outputs)])
    model.fit(X, y, loss=loss, epochs=2, batch_size=16, **options)
    assert model.history is not None
    return {**model.get_weights(), **model.history}


@pytest.mark.parametrize(
    ("y", "loss"),
    [(LABELS, "sparse_softmax_cross_entropy"), (ONE_HOT, "softmax_cross_entropy")],
)
@pytest.mark.parametrize("backend", ["numpy", "opencl"])
def test_it_is_the_sample_weight_of_each_class(y: Any, loss: str, backend: str) -> None:
    expected = trained(y, loss, sample_weight=FACTORS, backend=backend)
    found = trained(y, loss, class_weight=WEIGHTS, backend=backend)
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value)
    other = trained(y, loss, backend=backend)
    assert other["loss"] != expected["loss"]


@pytest.mark.parametrize("y", [YES, YES[:, None], YES.astype(int)])
def test_of_yes_and_no_and_together_with_sample_weights(y: Any) -> None:
    own = random.random(40)
    options: dict[str, Any] = {"loss": "sigmoid_cross_entropy", "outputs": 1}
    factors = np.where(YES > 0, 5.0, 1.0)
    expected = trained(y, sample_weight=own * factors, **options)
    found = trained(y, sample_weight=own, class_weight={0: 1, 1: 5.0}, **options)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-5)


def test_validation_does_not_know_of_it() -> None:
    model = cr.Sequential([cr.layers.Dense(3)])
    history = model.fit(
        X, LABELS, loss="sparse_softmax_cross_entropy", class_weight=WEIGHTS,
        validation=(X, LABELS), optimizer=cr.optimizers.SGD(lr=1e-30),
    )  # fmt: skip
    plain = model.evaluate(X, LABELS)["loss"]
    assert history["val_loss"][0] == pytest.approx(plain)
    weighted = model.evaluate(X, LABELS, sample_weight=FACTORS)["loss"]
    assert history["loss"][0] == pytest.approx(weighted)


@pytest.mark.parametrize(
    ("y", "weights", "match"),
    [
        (X, {0: 1.0}, "targets that are classes.*sample_weight"),
        (ONE_HOT, {3: 1.0}, "3 is not a class; the classes are 0, 1, 2"),
        (ONE_HOT, {0: -1.0}, "class 0 must be a number ≥ 0, got -1"),
        (ONE_HOT, {0: float("nan")}, "class 0 must be a number ≥ 0"),
    ],
)
def test_what_it_refuses(y: Any, weights: dict[int, float], match: str) -> None:
    with pytest.raises(DataError, match=match):
        trained(y, "mse", class_weight=weights)


def test_of_several_outputs_it_is_refused() -> None:
    x = cr.input("x", (None, 3))
    model = cr.Model(x, [cr.layers.Dense(3)(x), cr.layers.Dense(3)(x)])
    with pytest.raises(DataError, match="for one output, the model has 2"):
        model.fit(X, [ONE_HOT, ONE_HOT], loss="mse", class_weight=WEIGHTS)
