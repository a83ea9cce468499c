"""Networks that learn a task, and one that cannot."""

from __future__ import annotations

from typing import Any

import numpy as np

import chainrule as cr

SPARSE = "sparse_softmax_cross_entropy"


def network(*widths: int, activation: str, outputs: int) -> cr.Sequential:
    hidden = [cr.layers.Dense(width, activation=activation) for width in widths]
    return cr.Sequential([*hidden, cr.layers.Dense(outputs)])


def accuracy(model: cr.Model, x: Any, y: Any) -> float:
    return model.evaluate(x, y, loss=SPARSE, metrics=["accuracy"])["accuracy"]


def test_xor() -> None:
    x, y = cr.datasets.xor()
    model = cr.Sequential(
        [
            cr.layers.Dense(4, activation="tanh"),
            cr.layers.Dense(1, activation="sigmoid"),
        ]
    )
    history = model.fit(
        x, y, loss="binary_cross_entropy", optimizer=cr.optimizers.Adam(lr=0.1),
        epochs=300, metrics=["accuracy"],
    )  # fmt: skip
    assert history["accuracy"][-1] == 1.0
    np.testing.assert_allclose(model.predict(x)[:, 0], y, atol=0.05)


def test_a_single_perceptron_cannot_learn_xor_and_can_learn_or() -> None:
    x, y = cr.datasets.xor()
    for target, solved in ((y, False), (x.max(axis=1), True)):
        model = cr.Sequential([cr.layers.Perceptron(activation="sigmoid")])
        history = model.fit(
            x, target, loss="binary_cross_entropy", metrics=["accuracy"], epochs=300,
            optimizer=cr.optimizers.Adam(lr=0.1),
        )  # fmt: skip
        assert (history["accuracy"][-1] == 1.0) is solved


def test_spirals_need_a_nonlinearity() -> None:
    x, y = cr.datasets.spirals(300, seed=1)
    scores = {}
    for activation in ("tanh", "identity"):
        model = network(16, 16, 16, activation=activation, outputs=2)
        model.fit(
            x, y, loss=SPARSE, optimizer=cr.optimizers.Adam(lr=0.02), epochs=150, seed=3
        )
        scores[activation] = accuracy(model, x, y)
    assert scores["tanh"] > 0.98
    assert scores["identity"] < 0.8


def test_digits() -> None:
    (x, y), (xt, yt) = cr.datasets.digits()
    model = network(32, activation="relu", outputs=10)
    model.fit(x, y, loss=SPARSE, epochs=20, seed=0)
    assert accuracy(model, xt, yt) > 0.96


def test_a_regression() -> None:
    x = np.linspace(-1, 1, 200, dtype=np.float32)[:, None]
    y = np.sin(3 * x)
    model = network(16, activation="tanh", outputs=1)
    history = model.fit(
        x, y, loss="mse", optimizer=cr.optimizers.Adam(lr=0.02), epochs=100,
        metrics=["r2"],
    )  # fmt: skip
    assert history["r2"][-1] > 0.99
