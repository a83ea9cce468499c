"""Finite differences: slopes of leaves and of intermediate results."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.execution.finite_differences import central_slope, directional_slope


@pytest.mark.parametrize("offsets", [(-1, 1), (-2, -1, 1, 2)])
def test_the_slope_in_the_middle(offsets):
    step = 1e-3
    values = [np.exp(1 + k * step) for k in offsets]
    assert central_slope(values, step) == pytest.approx(np.e, rel=1e-6)


def test_a_leaf_moves_along_a_direction_and_is_not_touched():
    x, w = cr.input("x", (2,)), cr.parameter("w", [3.0, -2.0])
    loss = cr.ops.sum(w * w * x)
    slope = directional_slope(loss, w, w.value, np.array([1.0, 0.5]), {"x": [2, 5]})
    assert slope == pytest.approx(2 * 3 * 2 + 2 * -2 * 5 * 0.5)
    assert np.array_equal(w.value, [3.0, -2.0])


def test_a_result_in_between_moves_and_needs_only_what_follows_it():
    x, t = cr.input("x"), cr.input("t")
    y = cr.ops.exp(x)
    loss = cr.ops.square(y - t)
    slope = directional_slope(loss, y, 2.0, np.array(1.0), {x: 0.0, t: 5.0})
    assert slope == pytest.approx(2 * (2 - 5))
