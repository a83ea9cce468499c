"""What a file of a model leaves out is said when it is saved."""

from __future__ import annotations

import pickle
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import HyperparameterError, ModelFileWarning

X = np.linspace(-1, 1, 12, dtype=np.float32)[:, None]


def quartic(t: cr.Node, p: cr.Node) -> cr.Node:
    return cr.ops.mean((t - p) ** 4)


def fitted(loss: Any, **options: Any) -> cr.Sequential:
    model = cr.Sequential([cr.layers.Dense(1)])
    model.fit(X, X, loss=loss, **options)
    return model


def said(model: cr.Model, path: Path) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.save(path / "m.safetensors")
    assert all(one.category is ModelFileWarning for one in caught)
    assert all(one.filename == __file__ for one in caught)
    return [str(one.message) for one in caught]


def test_a_loss_that_is_a_function(tmp_path: Path) -> None:
    assert said(fitted(quartic), tmp_path) == [
        "the loss quartic is not saved, since a file holds no functions: give it to "
        "fit and evaluate again, loss=…, or make a class of it, from cr.Loss, with "
        "@cr.register before it"
    ]
    loaded = cr.load(tmp_path / "m.safetensors")
    with pytest.raises(HyperparameterError, match="give loss=…"):
        loaded.evaluate(X, X)
    assert loaded.evaluate(X, X, loss=quartic)["loss"] >= 0


def test_what_goes_with_it(tmp_path: Path) -> None:
    (text,) = said(fitted(quartic, metrics="mae", regularizers="l2"), tmp_path)
    assert "nor metrics and regularizers with it" in text
    with pytest.warns(ModelFileWarning, match="the loss quartic is not saved"):
        pickle.dumps(fitted(quartic))


def test_a_loss_that_is_a_node(tmp_path: Path) -> None:
    model = cr.Sequential([cr.layers.Dense(1)], input_shape=1)
    t = cr.input("t", (None, 1))
    model.fit(X, X, loss=cr.ops.mean((t - model.outputs[0]) ** 2).named("J"))
    (text,) = said(model, tmp_path)
    assert text.startswith("the loss J () is not saved")


def test_nothing_is_said_where_nothing_is_lost(tmp_path: Path) -> None:
    assert not said(fitted("mse", metrics="mae"), tmp_path)
    assert not said(cr.Sequential([cr.layers.Dense(1)]), tmp_path)
    assert not said(cr.Sequential([cr.layers.Dense(1)], input_shape=1), tmp_path)


def test_weights_of_shared_layers_in_a_model_that_is_not_built(tmp_path: Path) -> None:
    layer = fitted("mse").layers[0]
    assert said(cr.Sequential([layer, cr.layers.Dense(1)]), tmp_path) == [
        "the model does not know its input shape yet, so the weights of dense_1 are "
        "not saved: give it input_shape=…, or call predict once"
    ]
    inner = cr.Sequential([cr.layers.Dense(1)])
    assert not said(cr.Sequential([inner, cr.layers.Dense(1)]), tmp_path)
