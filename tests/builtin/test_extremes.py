"""Losses and activations at extreme and tiny arguments, against 50 digits."""

import itertools

import numpy as np
import pytest

import chainrule as cr
from chainrule import ops
from chainrule.autodiff import backward
from chainrule.registry import registry
from chainrule.testing.examples import example
from chainrule.testing.fuzz.exact import exact

SIZES = (0.0, 1e-30, 1e-6, 1e-4, 0.01, 0.5, 1.0, 5.0, 15.0, 40.0, 89.0, 100.0, 1e3, 1e6)
NUMBERS = sorted({*SIZES, *(-x for x in SIZES)})
PARTS = (
    0.0,
    1e-9,
    2.0**-20,
    2.0**-10,
    0.25,
    0.5,
    0.75,
    1 - 2.0**-10,
    1 - 2.0**-20,
    1.0,
)
DTYPES = ("float32", "float64")


def components(kind):
    return [
        pytest.param(example(registry.find(kind, name).target), id=name)
        for name in registry.names(kind)
    ]


def compared(nodes, feeds, dtype):
    """Return the values of nodes, and the exact ones, as float64."""
    feeds = {
        x: np.asarray(v, dtype).astype(np.float64) if x.dtype == "float" else v
        for x, v in feeds.items()
    }
    got = cr.evaluate(nodes, feeds, dtype=dtype)
    right = exact(nodes, feeds)
    return [(np.asarray(g, np.float64), r.astype(np.float64))
            for g, r in zip(got, right, strict=True)]  # fmt: skip


def value_of(node, feeds=None):
    (value,) = cr.evaluate([node], feeds or {})
    return value


def assert_right(got, right, dtype, *, unit=0.0, digits=64.0):
    """Assert that all is right to some units in the last place, of `unit` at least."""
    eps = float(np.finfo(dtype).eps)
    limit = float(np.finfo(dtype).max)
    close = digits * eps * np.maximum(np.abs(right), unit)
    close = close + float(np.finfo(dtype).smallest_normal)
    wrong = ~(np.abs(got - right) <= close) & (np.abs(right) < limit)
    assert not wrong.any(), list(zip(got[wrong], right[wrong], strict=True))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", components("activations"))
def test_activations(activation, dtype):
    x = cr.input("x", (None, 2))
    values = np.array([(a, 0.5) for a in NUMBERS])
    y = activation(x)
    slopes = backward(ops.sum(y), [x]).gradient.values()  # none of step
    for got, right in compared([y, *slopes], {x: values}, dtype):
        assert_right(got, right, dtype, unit=np.maximum(np.abs(values), 1))


def arguments(loss):
    """Return targets and predictions, each of those with each of these."""
    low, high = loss.prediction_range
    predictions = PARTS if (low, high) == (0, 1) else NUMBERS
    if loss.target == "classes":
        rows = list(itertools.product(predictions, repeat=2))
        return np.arange(len(rows)) % 2, np.array(rows)
    targets = {None: (0.0, 1.0, -3.0), (0.0, 1.0): (0.0, 0.3, 1.0)}.get(
        loss.target_range, (-1.0, 0.0, 1.0)
    )
    pairs = np.array(list(itertools.product(targets, predictions)))
    t, p = pairs.T
    if loss.prediction_range == (0, 1):
        return np.stack([t, 1 - t], -1), np.stack([p, 1 - p], -1)
    return np.stack([t, 1 - t], -1), np.stack([p, np.zeros_like(p)], -1)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("loss", components("losses"))
def test_losses(loss, dtype):
    target, prediction = arguments(loss)
    kind = "int" if loss.target == "classes" else "float"
    t = cr.input("t", (None, *target.shape[1:]), kind)
    p = cr.input("p", (None, 2))
    each = loss.per_example(t, p)
    (slope,) = cr.grad(ops.sum(each), [p])
    (value, slopes) = compared([each, slope], {t: target, p: prediction}, dtype)
    of_shares = loss.prediction_range == (0, 1) or "softmax" in loss.type_name
    assert_right(
        *value, dtype, unit=1.0 if of_shares else 0.0
    )  # a share of 1 is rounded
    assert_right(*slopes, dtype, unit=1.0)
    assert (value[0] >= 0).all() or "kl" in loss.type_name


@pytest.mark.parametrize("z", [1.0, 15.0, 40.0, 80.0])
def test_a_sure_and_right_prediction_costs_little_but_something(z):
    loss = cr.losses.sigmoid_cross_entropy
    for target, logit in ((1.0, z), (0.0, -z)):
        t, p = cr.constant([[target]]), cr.constant([[logit]])
        np.testing.assert_allclose(
            value_of(loss(t, p)), np.log1p(np.exp(-z)), rtol=1e-5
        )


def test_binary_cross_entropy_is_the_same_from_both_ends():
    loss = cr.losses.binary_cross_entropy
    for target, p in itertools.product((0.0, 0.3, 1.0), PARTS):
        there = loss(cr.constant([[target]]), cr.constant([[p]]))
        back = loss(cr.constant([[1 - target]]), cr.constant([[1 - p]]))
        a, b = cr.evaluate([there, back], {})
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=2e-7)


@pytest.mark.parametrize("hand", [True, False])
@pytest.mark.parametrize(
    ("values", "right"),
    [
        ([-np.inf, -np.inf], -np.inf),
        ([np.inf, 0.0], np.inf),
        ([-np.inf, 2.0], 2.0),
        ([1e6, 1e6], 1e6 + np.log(2)),
        ([-1e4, -1e4], np.log(2) - 1e4),
    ],
)
def test_logsumexp(hand, values, right):
    x = cr.input("x", (2,))
    y = ops.log(ops.sum(ops.exp(x))) if hand else ops.logsumexp(x)
    np.testing.assert_allclose(value_of(y, {x: values}), right, rtol=1e-6)


@pytest.mark.parametrize("axis", [0, 1, None])
def test_gradient_of_logsumexp_of_large_numbers(axis):
    x = cr.input("x", (2, 2))
    (slope,) = cr.grad(ops.sum(ops.logsumexp(x, axis)), [x])
    share = 0.25 if axis is None else 0.5
    np.testing.assert_allclose(value_of(slope, {x: np.full((2, 2), 1e6)}), share)


@pytest.mark.parametrize("z", [1e6, 1e8])
def test_cross_entropy_by_class_of_large_logits(z):
    loss = cr.losses.sparse_softmax_cross_entropy(
        cr.constant([0]), cr.constant([[z, z]])
    )
    np.testing.assert_allclose(value_of(loss), np.log(2), rtol=1e-6)


# -- derivatives by convention -----------------------------------------------------


def test_derivative_of_a_norm_at_zero():
    x = cr.input("x", (3,))
    y = ops.l2_norm(x)
    (slope,) = cr.grad(y, [x])
    (second,) = cr.grad(ops.sum(slope), [x])
    for value in cr.evaluate([y, slope, second], {x: np.zeros(3)}):
        np.testing.assert_array_equal(value, 0)
    value, slope = cr.evaluate([y, slope], {x: [3.0, 0.0, 4.0]})
    assert value == 5
    np.testing.assert_allclose(slope, [0.6, 0, 0.8])


def test_derivatives_of_a_power():
    a, b = cr.input("a", ()), cr.input("b", ())
    y = a**b
    da, db = cr.grad(y, [a, b])
    dab = cr.grad(da, [b])[0]
    assert cr.evaluate([y, da, db], {a: 0.0, b: 0.0}) == [1, 0, 0]
    assert cr.evaluate([da, db], {a: 0.0, b: 2.0}) == [0, 0]
    assert cr.evaluate([da, dab], {a: 2.0, b: 0.0}) == [0, 0.5]


def test_a_branch_that_is_not_taken_needs_an_argument_that_it_can_take():
    x = cr.input("x", (2,))
    positive = x > 0
    bare = ops.where(positive, ops.sqrt(x), 0.0)
    safe = ops.where(positive, ops.sqrt(ops.where(positive, x, 1.0)), 0.0)
    for y, slope in ((bare, [np.nan, 0.25]), (safe, [0, 0.25])):
        (dx,) = cr.grad(ops.sum(y), [x])
        np.testing.assert_array_equal(value_of(dx, {x: [0.0, 4.0]}), slope)
