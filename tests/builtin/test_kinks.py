"""Kinks: the derivative of every component where it has none, by one convention.

What is not in these tables must be smooth at every place where others have a kink.
"""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule import ops
from chainrule.registry import registry

PLACES = [-6.0, -3.0, -2.5, -1.0, -0.5, 0.0, 0.5, 1.0, 2.5, 3.0, 6.0]
"""Where components of the field have their kinks."""
SLOPES = {
    "relu": {0.0: 0.0},
    "leaky_relu": {0.0: 0.2},
    "prelu": {0.0: 0.25},
    "selu": {0.0: 1.0507009873554805 * 1.6732632423543772},
    "hard_tanh": {-1.0: 0.0, 1.0: 0.0},
    "hard_sigmoid": {-3.0: 0.0, 3.0: 0.0},
    "step": {0.0: 0.0},
}
"""Activation → its kinks, and the derivative there."""
LOSS_SLOPES = {
    "hinge": {1.0: 0.0},
    "mae": {1.0: 0.0},
}
"""Loss of a target of 1 → its kinks, and the derivative there."""
TARGET = 1.0


def derivative(build, at, backend="numpy"):
    """Return dy/dx for each x of `at`, for a function of each element alone."""
    x = cr.input("x", (len(at), 1))
    (slope,) = cr.grad(ops.sum(build(x) + 0 * x), [x])
    (got,) = cr.evaluate([slope], {x: at[:, None]}, backend=backend, dtype="float64")
    return got[:, 0]


def kinks(build) -> list[float]:
    """Return the places where the slopes of the two sides differ."""
    step, at = 1e-7, np.array(PLACES)
    below, above = derivative(build, at - step), derivative(build, at + step)
    return [float(x) for x in at[abs(above - below) > 1e-4]]


ACTIVATIONS = {
    entry.name: entry.target
    for entry in registry.entries("activations")
    if entry.name not in ("softmax", "log_softmax")
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_kink_of_an_activation_is_in_the_table(name):
    activation = ACTIVATIONS[name]()
    steps = [] if name == "step" else sorted(SLOPES.get(name, {}))
    assert kinks(activation) == steps


@pytest.mark.parametrize("backend", ["numpy", "opencl"])
@pytest.mark.parametrize("name", SLOPES)
def test_activation(name, backend):
    if backend == "opencl":
        pytest.importorskip("pyopencl")
    at = np.array(sorted({0.0, *SLOPES[name]}))
    got = derivative(ACTIVATIONS[name](), at, backend)
    for x, slope in zip(at, got, strict=True):
        assert slope == pytest.approx(SLOPES[name].get(x, slope))


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0, 2.0])
def test_elu_has_the_slope_of_its_lower_branch(alpha):
    elu = cr.activations.Elu(alpha=alpha)
    assert kinks(elu) == ([] if alpha == 1 else [0.0])
    assert derivative(elu, np.zeros(1)) == alpha


@pytest.mark.parametrize("name", ["elu", "selu", "hard_tanh", "hard_sigmoid"])
def test_values_are_those_of_the_definition(name):
    x = np.array([-np.inf, -800.0, -3.5, -1.0, -1e-9, 0.0, 1e-9, 2.9, 90.0, np.inf])
    wanted = {
        "elu": np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
        "selu": 1.0507009873554805
        * np.where(x > 0, x, 1.6732632423543772 * np.expm1(np.minimum(x, 0))),
        "hard_tanh": np.clip(x, -1, 1),
        "hard_sigmoid": np.clip(x / 6 + 0.5, 0, 1),
    }[name]
    leaf = cr.input("x", x.shape)
    y = ACTIVATIONS[name]()(leaf)
    slope = cr.grad(ops.sum(y), [leaf])
    got, dx = cr.evaluate([y, *slope], {leaf: x}, dtype="float64")
    np.testing.assert_allclose(got, wanted, rtol=1e-14)
    assert np.isfinite(dx).all()
    (nan,) = cr.evaluate([y], {leaf: np.full(x.shape, np.nan)})
    assert np.isnan(nan).all()


LOSSES = {
    entry.name: entry.target
    for entry in registry.entries("losses")
    if entry.target.prediction_range == (-np.inf, np.inf)
    and "softmax" not in entry.name
}
"""The losses of a prediction that may be any number."""


@pytest.mark.parametrize("name", LOSSES)
def test_loss(name):
    loss = LOSSES[name]()

    def build(z):
        return ops.expand_dims(loss.per_example(np.full(z.shape, TARGET), z), 1)

    assert kinks(build) == sorted(LOSS_SLOPES.get(name, {}))
    for at, wanted in LOSS_SLOPES.get(name, {}).items():
        assert derivative(build, np.array([at])) == wanted


@pytest.mark.parametrize(
    ("build", "at", "wanted"),
    [
        (ops.relu, 0, 0),
        (ops.abs, 0, 0),
        (ops.sign, 0, 0),
        (lambda x: ops.maximum(x, 1.0), 1, 0.5),
        (lambda x: ops.minimum(x, 1.0), 1, 0.5),
        (lambda x: ops.maximum(x, x), 1, 1),
        (lambda x: ops.max(ops.concatenate([x, 2 - x]), 1), 1, 0),
        (lambda x: ops.where(x > 1, 3 * x, 2 * x), 1, 2),
        (lambda x: ops.where(x >= 1, 3 * x, 2 * x), 1, 3),
    ],
)
def test_op(build, at, wanted):
    assert derivative(build, np.array([float(at)])) == wanted
