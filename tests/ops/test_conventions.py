"""Conventions: derivatives where mathematics leaves a choice, and dtypes."""

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule import ops


def slope(function, at: float) -> float:
    x = cr.input("x", ())
    (dx,) = cr.grad(function(x), [x])
    return float(cr.evaluate([dx], {x: at}, dtype="float64")[0])


@pytest.mark.parametrize(
    ("function", "at", "expected"),
    [
        (ops.relu, 0.0, 0.0),
        (abs, 0.0, 0.0),
        (lambda x: ops.maximum(x, 0.0), 0.0, 0.5),
        (lambda x: ops.minimum(x, 0.0), 0.0, 0.5),
        (lambda x: ops.where(x > 0, 3 * x, 2 * x), 0.0, 2.0),
        (lambda x: x**2, -3.0, -6.0),
        (lambda x: x**3, -2.0, 12.0),
        (lambda x: x**0.5, 4.0, 0.25),
        (lambda x: 2.0**x, 3.0, 8 * np.log(2)),
        (lambda x: ops.max(x * np.array([1.0, 1.0])), 5.0, 1.0),
    ],
)
def test_derivative(function, at: float, expected: float) -> None:
    assert slope(function, at) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("build", "kind"),
    [
        (lambda i, b: i + 1, "i"),
        (lambda i, b: i * 2.0, "f"),
        (lambda i, b: i / 2, "f"),
        (lambda i, b: i > 1, "b"),
        (lambda i, b: ops.to_float(b), "f"),
        (lambda i, b: ops.to_int(ops.to_float(i) * 1.5), "i"),
        (lambda i, b: ops.mean(i), "f"),
        (lambda i, b: ops.where(b, i, 2 * i), "i"),
        (lambda i, b: ops.logical_not(b), "b"),
    ],
)
def test_dtype(build, kind: str) -> None:
    i, b = cr.input("i", (3,), "int"), cr.input("b", (3,), "bool")
    (got,) = cr.evaluate([build(i, b)], {i: [1, 2, 3], b: [True, False, True]})
    assert got.dtype.kind == kind


def test_arrays_on_the_left_build_graphs_too() -> None:
    x = cr.input("x", (2,))
    nodes: list[Any] = [
        np.ones(2) + x,
        np.float64(2) * x,
        [1.0, 2.0] - x,
        1 / x,
        2.0**x,
    ]
    assert all(isinstance(node, cr.Node) for node in nodes)
    got = cr.evaluate(nodes, {x: [1.0, 2.0]})
    np.testing.assert_allclose(
        got, [[2.0, 3.0], [2.0, 4.0], [0.0, 0.0], [1.0, 0.5], [2.0, 4.0]]
    )


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda x: bool(x > 0), "has no truth value"),
        (list, "its length is unknown"),
        (len, "the length of .* is unknown"),
    ],
)
def test_a_node_is_not_a_number(build, message: str) -> None:
    with pytest.raises(cr.ChainRuleError, match=message):
        build(cr.input("x", (None, 2)))


def test_constant_powers_have_their_derivative_at_zero_and_below():
    w = cr.parameter("w", [0.0, 2.0, -1.0])
    for exponent, slope in ((0, [0, 0, 0]), (1, [1, 1, 1]), (3, [0, 12, 3])):
        (got,) = cr.evaluate(cr.grad(cr.ops.sum(w**exponent), [w]))
        np.testing.assert_array_equal(got, slope)
