"""Copies and pickles of diagrams and explanations: the same pictures and numbers."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.node import Node


def pickled(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))


way = pytest.mark.parametrize(
    "way", [copy.copy, copy.deepcopy, pickled], ids=lambda f: f.__name__
)
X = np.array([[1.0, 2.0], [0.5, -1.0], [3.0, 1.0]])


def loss() -> tuple[Node, dict[Any, Any], Node]:
    x, t = cr.input("x", (None, 2)), cr.input("t", (None, 1))
    w = cr.parameter("w", [[0.5], [-0.25]])
    y = cr.ops.sigmoid(x @ w)
    penalty = 0.1 * cr.ops.sum(cr.ops.square(w))
    return cr.losses.mse(t, y) + penalty, {x: X, t: [[1.0], [0.0], [1.0]]}, w


@way
@pytest.mark.parametrize("format", ["dot", "svg", "json", "tikz", "html"])
def test_a_diagram(way: Callable[[Any], Any], format: str) -> None:
    J, values, _ = loss()
    diagram = cr.draw(J, values=values, direction="backward")
    twin = way(diagram)
    assert twin.render(format) == diagram.render(format)
    assert repr(twin) == repr(diagram)
    assert twin.proofread() == diagram.proofread()


@way
def test_a_diagram_of_a_model(way: Callable[[Any], Any]) -> None:
    layers = [cr.layers.Dense(2, activation="relu"), cr.layers.Dense(1)]
    diagram = cr.draw(cr.Sequential(layers, input_shape=3))
    assert way(diagram).source == diagram.source
    assert way(diagram).render("html") == diagram.render("html")


@way
@pytest.mark.parametrize("example", [None, 1])
def test_an_explanation(way: Callable[[Any], Any], example: int | None) -> None:
    J, values, w = loss()
    explained = cr.explain(J, w, index=(1, 0), values=values, example=example)
    twin = way(explained)
    assert twin.text == explained.text
    assert twin.latex == explained.latex
    assert twin.count == explained.count
    assert twin.check() == explained.check()
    assert twin.diagram.source == explained.diagram.source
