"""Loops of one's own: steps of an optimizer on any node, and nodes as losses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import DataError, GraphError

random = np.random.default_rng(3)
X = random.normal(size=(16, 3)).astype(np.float32)
T = np.sin(X.sum(axis=1, keepdims=True))


def problem() -> tuple[cr.Model, cr.Node, cr.Node]:
    x, t = cr.input("x", (None, 3)), cr.input("t", (None, 1))
    y = cr.layers.Dense(1)(cr.layers.Dense(4, activation="tanh")(x))
    return cr.Model(x, y), cr.ops.mean(cr.ops.square(y - t)), t


def copy_weights(model: cr.Model, twin: cr.Model) -> None:
    values = model.get_weights().values()
    twin.set_weights(dict(zip(twin.get_weights().keys(), values, strict=True)))


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "rmsprop"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_loop_is_fit(optimizer: str, dtype: Any) -> None:
    model, loss, _ = problem()
    twin, _, _ = problem()
    copy_weights(model, twin)
    history = twin.fit(
        X, T, loss="mse", optimizer=optimizer, epochs=5, batch_size=16, verbose=0,
        dtype=dtype, backend="numpy",
    )  # fmt: skip
    step = cr.optimizers[optimizer].minimize(loss, dtype=dtype, backend="numpy")
    losses = [step({"x": X, "t": T}) for _ in range(5)]
    assert losses == history["loss"]
    for mine, theirs in zip(
        model.get_weights().values(), twin.get_weights().values(), strict=True
    ):
        np.testing.assert_array_equal(mine, theirs)


def test_physics_in_a_few_lines() -> None:
    """y″ = −y with y(0) = 0 and y′(0) = 1 is the sine, learned from its equation."""
    x = cr.input("x", (None, 1))
    h = cr.layers.Dense(16, activation="tanh")(x)
    y = x + x * x * cr.layers.Dense(1)(h)
    (slope,) = cr.grad(cr.ops.sum(y), [x])
    (bend,) = cr.grad(cr.ops.sum(slope), [x])
    step = cr.optimizers.Adam(lr=0.02).minimize(cr.ops.mean(cr.ops.square(bend + y)))
    points = np.linspace(0, 2, 40)[:, None]
    for _ in range(600):
        step({x: points})
    (learned,) = cr.evaluate([y], {x: points})
    assert abs(learned - np.sin(points)).max() < 0.02


def test_only_some_parameters() -> None:
    a, b = cr.parameter("a", 1.0), cr.parameter("b", 1.0)
    step = cr.optimizers.SGD(lr=0.1).minimize(a * a + b * b, [a])
    assert step() == 2.0
    assert (a.value, b.value) == (pytest.approx(0.8), 1.0)
    a.value = np.float32(3.0)  # seen by the next step
    assert step() == 10.0
    assert a.value == pytest.approx(2.4)


def test_any_number_of_rows() -> None:
    _, loss, t = problem()
    step = cr.optimizers.SGD(lr=0.1).minimize(loss)
    for rows in (4, 7, 4):
        wanted = cr.evaluate([loss], {"x": X[:rows], "t": T[:rows]})[0]
        assert step({"x": X[:rows], t: T[:rows]}) == pytest.approx(float(wanted))


def test_what_cannot_be_minimized() -> None:
    x, w = cr.input("x", (None, 2)), cr.parameter("w", np.ones(2))
    adam = cr.optimizers.Adam()
    with pytest.raises(GraphError, match=r"only one number .* cr.ops.mean\(loss\)"):
        adam.minimize(x * w)
    with pytest.raises(GraphError, match="no trainable parameter"):
        adam.minimize(cr.ops.sum(x))
    step = adam.minimize(cr.ops.sum(x * w))
    with pytest.raises(DataError, match="no value was given for input x"):
        step()


def test_a_node_is_a_loss_for_fit() -> None:
    model, loss, _ = problem()
    twin, _, _ = problem()
    copy_weights(model, twin)
    how: dict[str, Any] = {"epochs": 3, "batch_size": 5, "verbose": 0}
    mine = model.fit(X, T[:, 0], loss=loss, validation=(X, T), **how)
    theirs = twin.fit(X, T, loss="mse", validation=(X, T), **how)
    assert mine["loss"] == pytest.approx(theirs["loss"], rel=1e-6)
    assert mine["val_loss"] == pytest.approx(theirs["val_loss"], rel=1e-6)
    assert model.evaluate(X, T)["loss"] == pytest.approx(mine["val_loss"][-1])


def test_a_node_without_an_input_for_the_targets_is_refused() -> None:
    model, _, t = problem()
    (y,) = model.outputs
    with pytest.raises(GraphError, match=r"found none.*optimizer.minimize\(J\)"):
        model.fit(X, T, loss=cr.ops.mean(y * y), verbose=0)
    other = cr.input("s", (None, 1))
    with pytest.raises(GraphError, match="found t, s"):
        model.fit(X, T, loss=cr.ops.mean(y * t * other), verbose=0)


def test_a_node_does_not_escape_regularizers_unseen() -> None:
    model, loss, _ = problem()
    with pytest.raises(GraphError, match="cannot reach the loss"):
        model.fit(
            X, T, loss=loss, regularizers=[cr.regularizers.Dropout(0.5)], verbose=0
        )
