"""Metrics that are plain functions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import GraphError, HyperparameterError, ModelFileWarning

random = np.random.default_rng(5)
X = random.normal(size=(50, 2)).astype(np.float32)
Y = random.normal(size=(50, 2)).astype(np.float32)


def worst(target: cr.Node, prediction: cr.Node) -> cr.Node:
    return cr.ops.max(cr.ops.abs(target - prediction), axis=1)


def offset(target: cr.Node, prediction: cr.Node) -> cr.Node:
    return cr.ops.mean(prediction - target)


@pytest.mark.parametrize("backend", ["numpy", "opencl"])
@pytest.mark.parametrize("size", [7, 50])
def test_the_mean_over_all_examples_for_any_batch_size(backend: str, size: int) -> None:
    x = cr.input("x", (None, 2))
    found = cr.Model(x, cr.ops.identity(x)).evaluate(
        X, Y, loss="mse", metrics=[worst, offset], batch_size=size, backend=backend
    )
    assert found["worst"] == pytest.approx(np.abs(X - Y).max(1).mean(), rel=1e-6)
    assert found["offset"] == pytest.approx(np.float64(X - Y).mean(), rel=1e-5)


def test_in_training_it_is_named_after_the_function() -> None:
    model = cr.Sequential([cr.layers.Dense(2)])
    history = model.fit(X, Y, loss="mse", metrics=[worst], validation=0.2)
    assert [*history.keys()] == ["loss", "worst", "val_loss", "val_worst"]
    scores = model.evaluate(X, Y, metrics=[lambda t, p: cr.ops.mean(t - p)])
    assert [*scores.keys()] == ["loss", "metric"]


def test_what_watches_it_must_say_what_is_better() -> None:
    model = cr.Sequential([cr.layers.Dense(2)])
    for mode in ("min", "max"):
        stop = cr.regularizers.EarlyStopping(monitor="worst", mode=mode)
        model.fit(X, Y, loss="mse", metrics=[worst], regularizers=[stop])
    stop = cr.regularizers.EarlyStopping(monitor="worst")
    with pytest.raises(HyperparameterError, match="mode='min' or mode='max'"):
        model.fit(X, Y, loss="mse", metrics=[worst], regularizers=[stop])


def test_saving_says_that_it_is_left_out(tmp_path: Path) -> None:
    model = cr.Sequential([cr.layers.Dense(2)])
    model.fit(X, Y, loss="mse", metrics=["mae", worst])
    with pytest.warns(ModelFileWarning, match=r"worst.*metrics=\["):
        model.save(tmp_path / "m.safetensors")
    loaded = cr.load(tmp_path / "m.safetensors")
    assert [*loaded.evaluate(X, Y).keys()] == ["loss", "mae"]
    again = loaded.evaluate(X, Y, metrics=[worst])["worst"]
    assert again == pytest.approx(model.evaluate(X, Y)["worst"])


def test_a_function_that_returns_no_node_is_refused() -> None:
    model = cr.Sequential([cr.layers.Dense(2)])

    def three(target: cr.Node, prediction: cr.Node) -> int:
        return 3

    with pytest.raises(GraphError, match=r"three must return a node.*got 3"):
        model.fit(X, Y, loss="mse", metrics=[three])
