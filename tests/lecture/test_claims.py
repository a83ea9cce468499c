"""What the lecture says is so: its claims, from the numbers of the code it shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr

Names = Callable[[str], Any]


def edge_of(plot: cr.Plot) -> Any:
    """Return points on the decision boundary, found along the columns of its grid."""
    x1, x2, score = plot.data["x1"], plot.data["x2"], plot.data["score"][..., 0] - 0.5
    points = []
    for j, column in enumerate(score.T):
        for i in np.flatnonzero(np.diff(np.sign(column))):
            share = column[i] / (column[i] - column[i + 1])
            points.append((x1[j], x2[i] + share * (x2[i + 1] - x2[i])))
    return np.array(points)


def bend(model: Any, train: Any) -> float:
    """Return how far a boundary departs from the straight line through it."""
    points = edge_of(cr.plot.boundary(model, *train, steps=120))
    points = points - points.mean(0)
    return float(np.linalg.svd(points, compute_uv=False)[1] / len(points) ** 0.5)


def test_the_perceptron_of_the_lecture(told: Names) -> None:
    names = told("perceptron")
    assert names["z"] == pytest.approx(-6)
    assert names["y_hat"] == pytest.approx(0.002473, rel=1e-3)
    assert names["said"] == pytest.approx(names["y_hat"], rel=1e-4)
    x1, x2 = edge_of(names["line"]).T
    np.testing.assert_allclose(1 + 3 * x1 - 2 * x2, 0, atol=1e-2)


def test_slopes_of_activations(told: Names) -> None:
    data = told("activations")["common"].data
    assert data["sigmoid′(z)"].max() == pytest.approx(0.25)
    assert data["tanh′(z)"].max() == pytest.approx(1)
    assert set(data["relu′(z)"]) == {0.0, 1.0}
    shown = {*told("activations")["others"], "sigmoid", "tanh", "relu"}
    assert shown == set(cr.activations) - {"softmax", "log_softmax"}


def test_linear_networks_draw_straight_lines_and_others_do_not(told: Names) -> None:
    names = told("nonlinearity")
    for model in names["straight"].values():
        assert bend(model, names["train"]) < 2e-3
    for model in names["bent"].values():
        assert bend(model, names["train"]) > 0.1
    errors = names["errors"]
    worst_bent = max(errors[name] for name in names["bent"])
    assert worst_bent < min(errors[name] for name in names["straight"])
