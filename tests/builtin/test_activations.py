"""Each activation computes its formula; its gradient is finite for any x."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import HyperparameterError, ShapeError
from chainrule.registry import registry

X = np.array([-30.0, -3.0, -1.5, -0.5, 0.0, 0.5, 1.5, 3.0, 30.0])


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


ERF = np.vectorize(math.erf)
FORMULAS: dict[str, Callable[..., Any]] = {
    "identity": lambda x: x,
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.2 * x),
    "prelu": lambda x: np.where(x > 0, x, 0.25 * x),
    "elu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "selu": lambda x: 1.05070099 * np.where(x > 0, x, 1.67326324 * np.expm1(x)),
    "gelu": lambda x: x * (1 + ERF(x / np.sqrt(2))) / 2,
    "softplus": lambda x: np.logaddexp(0, x),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "silu": lambda x: x * sigmoid(x),
    "mish": lambda x: x * np.tanh(np.logaddexp(0, x)),
    "hard_sigmoid": lambda x: np.clip(x / 6 + 0.5, 0, 1),
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "softmax": lambda x: np.exp(x) / np.exp(x).sum(),
    "log_softmax": lambda x: x - np.log(np.exp(x).sum()),
    "step": lambda x: (x >= 0).astype(float),
}


def value_and_slope(activation: cr.Activation, at, dtype="float64"):
    x = cr.input("x", np.shape(at))
    y = activation(x)
    gradient = cr.backward(cr.ops.sum(y), [x]).gradient
    nodes = [y, gradient[x]] if x in gradient else [y]
    return cr.evaluate(nodes, {x: at}, dtype=dtype)


def test_every_built_in_has_its_formula_here() -> None:
    built_in = {
        entry.name
        for entry in registry.entries("activations")
        if entry.distribution == "chainrule"
    }
    assert built_in == set(FORMULAS)


@pytest.mark.parametrize("name", FORMULAS)
def test_formula(name: str) -> None:
    value, *_ = value_and_slope(cr.activations[name], X)
    np.testing.assert_allclose(value, FORMULAS[name](X), rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("size", [20.0, 90.0, 1e4, 1e20])
def test_far_out_value_and_gradient_are_finite_in_float32(
    name: str, size: float
) -> None:
    for got in value_and_slope(cr.activations[name], [-size, 0.0, size], "float32"):
        assert np.isfinite(got).all()


@pytest.mark.parametrize(
    ("activation", "at", "value"),
    [
        (cr.activations.LeakyRelu(0.01), -2.0, -0.02),
        (cr.activations.Elu(2.0), -1.0, 2 * math.expm1(-1)),
        (cr.activations.Gelu(approximate=True), 1.5, 1.3995715769802328),
        (cr.activations.Prelu(cr.initializers.Constant(0.5)), [[-2.0, 4.0]], [[-1, 4]]),
        (cr.activations.Softmax(axis=0), [[0.0], [0.0]], [[0.5], [0.5]]),
    ],
    ids=repr,
)
def test_hyperparameters(activation: cr.Activation, at, value) -> None:
    got, *_ = value_and_slope(activation, at)
    np.testing.assert_allclose(got, value, rtol=1e-12)


def test_the_slope_of_prelu_is_learned_one_for_each_feature() -> None:
    prelu = cr.activations.Prelu()
    x = cr.input("x", (None, 2))
    y = prelu(x)
    ((_, owned),) = prelu.owned_parameters()
    (slope,) = cr.grad(cr.ops.sum(y), [owned.node])
    (got,) = cr.evaluate([slope], {x: [[-1.0, -2.0], [-3.0, 4.0]]})
    np.testing.assert_array_equal(got, [-4, -2])


def test_prelu_of_other_features_is_refused() -> None:
    prelu = cr.activations.Prelu()
    prelu(cr.input("x", (None, 2)))
    with pytest.raises(ShapeError, match="prelu: expected 2 features, got 3 from y"):
        prelu(cr.input("y", (None, 3)))


def test_no_gradient_flows_through_the_step() -> None:
    x = cr.input("x", (3,))
    with pytest.raises(cr.ChainRuleError, match="comparisons"):
        cr.grad(cr.ops.sum(cr.activations.step(x)), [x])


def test_selu_keeps_mean_and_variance() -> None:
    x = np.random.default_rng(0).standard_normal((50, 1000))
    leaf = cr.input("x", x.shape)
    node: cr.Node = leaf
    for depth in range(8):
        w = cr.initializers.lecun_normal.sample((1000, 1000), seed=depth, stream="w")
        node = cr.activations.selu(node @ w)
    (got,) = cr.evaluate([node], {leaf: x})
    assert abs(got.mean()) < 0.1
    assert abs(got.std() - 1) < 0.1


def test_other_names() -> None:
    assert type(cr.activations["linear"]).type_name == "identity"
    assert type(cr.activations["swish"]).type_name == "silu"
    assert cr.activations.LeakyReLU is cr.activations.LeakyRelu


def test_a_negative_slope_below_zero_is_refused() -> None:
    with pytest.raises(HyperparameterError, match="negative_slope"):
        cr.activations.LeakyRelu(negative_slope=-0.1)
