"""Formulas written by hand are computed without overflow, forward and backward."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import ops
from chainrule.testing.fuzz.exact import exact

Z = np.array([1000.0, 0.0, -1000.0])


def value_and_gradient(loss, z, feeds):
    (dz,) = cr.grad(loss, [z])
    return cr.evaluate([loss, dz], feeds, dtype="float32")


def test_cross_entropy_of_a_softmax():
    z, t = cr.input("z", (3,)), cr.input("t", (3,))
    loss = -ops.sum(t * ops.log(ops.softmax(z)))
    value, slope = value_and_gradient(loss, z, {z: Z, t: [0, 1, 0]})
    assert value == 1000
    np.testing.assert_array_equal(slope, [1, -1, 0])  # softmax(z) − t


def test_binary_cross_entropy_of_a_sigmoid():
    z, t = cr.input("z", (3,)), cr.input("t", (3,))
    y = ops.sigmoid(z)
    loss = -ops.sum(t * ops.log(y) + (1 - t) * ops.log(1 - y))
    value, slope = value_and_gradient(loss, z, {z: Z, t: [0, 1, 1]})
    np.testing.assert_allclose(value, 2000 + np.log(2), rtol=1e-6)
    np.testing.assert_allclose(slope, [1, -0.5, -1])  # σ(z) − t


@pytest.mark.parametrize(
    ("build", "value", "slope"),
    [
        (lambda z: ops.log(ops.sum(ops.exp(z))), 1000, [1, 0, 0]),
        (
            lambda z: ops.sum(ops.log(1 + ops.exp(z))),
            1000 + np.log(2),
            [1, 0.5, 0],
        ),
        (
            lambda z: ops.sum(ops.log1p(ops.exp(z))),
            1000 + np.log(2),
            [1, 0.5, 0],
        ),
        (
            lambda z: ops.sum(ops.log(1 / (1 + ops.exp(-z)))),
            -1000 - np.log(2),
            [0, 0.5, 1],
        ),
        (lambda z: ops.sum(ops.log(ops.sigmoid(z))), -1000 - np.log(2), [0, 0.5, 1]),
    ],
    ids=["logsumexp", "softplus", "log1p", "logistic", "log-sigmoid"],
)
def test_by_hand(build, value, slope):
    z = cr.input("z", (3,))
    got, gradient = value_and_gradient(build(z), z, {z: Z})
    np.testing.assert_allclose(got, value, rtol=1e-6)
    np.testing.assert_allclose(gradient, slope, atol=1e-6)


def test_stable_forms_keep_ordinary_values():
    z, t = cr.input("z", (None, 4)), cr.input("t", (None, 4))
    loss = -ops.mean(ops.sum(t * ops.log(ops.softmax(z)), axis=1))
    x = np.random.default_rng(0).normal(size=(5, 4))
    target = np.eye(4)[[0, 1, 2, 3, 0]]
    (dz,) = cr.grad(loss, [z])
    value, slope = cr.evaluate([loss, dz], {z: x, t: target}, dtype="float64")
    p = np.exp(x) / np.exp(x).sum(1, keepdims=True)
    np.testing.assert_allclose(value, -np.log((p * target).sum(1)).mean())
    np.testing.assert_allclose(slope, (p - target) / 5)


@pytest.mark.parametrize("one", [1, 1.0, np.float64(1.0)])
def test_one_may_be_written_with_or_without_a_point(one):
    z, t = cr.input("z", (3,)), cr.input("t", (3,))
    y = ops.sigmoid(z)
    loss = -ops.mean(t * ops.log(y) + (one - t) * ops.log(one - y))
    value, slope = value_and_gradient(loss, z, {z: Z, t: [0, 1, 1]})
    np.testing.assert_allclose(3 * value, 2000 + np.log(2), rtol=1e-6)
    np.testing.assert_allclose(3 * slope, [1, -0.5, -1], rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "build",
    [
        lambda z: ops.exp(z) / ops.sum(ops.exp(z)),
        lambda z: ops.exp(z) / (1 + ops.exp(z)),
        lambda z: (ops.exp(z) - ops.exp(-z)) / (ops.exp(z) + ops.exp(-z)),
        lambda z: 1 / (1 + ops.exp(-z)),
        lambda z: -ops.log(1 - 1 / (1 + ops.exp(-z))),
        lambda z: ops.log(1 / (1 + ops.exp(-z))),
        lambda z: ops.log(1 + ops.exp(z)),
        lambda z: ops.log(ops.mean(ops.exp(z))),
        lambda z: ops.log(ops.sum(ops.exp(z))),
        lambda z: -ops.log(ops.exp(z) / ops.sum(ops.exp(z)))[0],
    ],
    ids=[
        "softmax", "odds", "tanh", "logistic", "log-complement", "log-logistic",
        "softplus", "log-mean", "log-sum", "cross-entropy",
    ],
)  # fmt: skip
def test_values_and_derivatives_of_large_arguments(build, dtype):
    z = cr.input("z", (3,))
    y = build(z)
    (slope,) = cr.grad(ops.sum(y * [1.0, -0.7, 0.4]), [z])
    (second,) = cr.grad(ops.sum(slope * [0.3, 1.1, -0.5]), [z])
    nodes = [y, slope, second]
    for values in ([89, 0, -1], [100, 99, 98], [1000, 1000, 999], [-1000, 0, 1000]):
        feeds = {z: np.array(values, float)}
        got = cr.evaluate(nodes, feeds, dtype=dtype)
        close = 100 * np.finfo(dtype).eps
        for a, b in zip(got, exact(nodes, feeds, digits=1000), strict=True):
            right = b.astype(float)
            np.testing.assert_allclose(a, right, rtol=close, atol=close)
