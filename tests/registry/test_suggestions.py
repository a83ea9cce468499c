"""Names and options of other frameworks: the message says what to write here."""

import pickle
import subprocess
import sys

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import (
    ChainRuleError,
    DataError,
    HyperparameterError,
    ModelFileError,
    UnknownNameError,
)


@pytest.mark.parametrize(
    ("foreign", "names"),
    [
        ("CrossEntropyLoss", ["'SparseSoftmaxCrossEntropy'", "'SoftmaxCrossEntropy'"]),
        ("cross_entropy", ["'sparse_softmax_cross_entropy'", "y is the number of a"]),
        ("bce", ["'binary_cross_entropy'", "p is a probability"]),
        ("BCEWithLogitsLoss", ["'SigmoidCrossEntropy'"]),
        ("nll_loss", ["'sparse_categorical_cross_entropy'"]),
        ("MSELoss", ["'MSE'"]),
        ("l1_loss", ["'mae'"]),
        ("SmoothL1Loss", ["'Huber'"]),
        ("KLDivLoss", ["'KLDivergence'"]),
    ],
)
def test_the_name_of_another_framework_is_explained(foreign, names):
    with pytest.raises(UnknownNameError) as caught:
        cr.losses[foreign]
    for name in names:
        assert name in str(caught.value)
    if foreign not in ("bce", "BCEWithLogitsLoss"):
        assert "inary" not in str(caught.value)


def test_another_spelling_of_the_same_meaning_is_found():
    found = cr.losses["sparse_categorical_crossentropy"]
    assert type(found) is cr.losses.SparseCategoricalCrossEntropy


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: cr.optimizers.Adam(learning_rate=0.1), "Write lr=…"),
        (lambda: cr.optimizers.Adam(betas=(0.9, 0.99)), "Write beta_1=…, beta_2=…"),
        (lambda: cr.optimizers.Adam(weight_decay=0.1), "cr.optimizers.AdamW("),
        (lambda: cr.optimizers.SGD(momentum=0.9), "cr.optimizers.Momentum(momentum=…)"),
        (lambda: cr.optimizers.SGD(nesterov=True), "cr.optimizers.Nesterov("),
        (lambda: cr.optimizers.SGD(moment=0.9), "has no hyperparameter 'moment'"),
    ],
)
def test_the_option_of_another_framework_is_explained(make, text):
    with pytest.raises(HyperparameterError) as caught:
        make()
    assert text in str(caught.value)


def test_the_suggested_hyperparameters_exist():
    assert cr.optimizers.Momentum(momentum=0.9).momentum == 0.9
    assert cr.optimizers.Nesterov(momentum=0.9).momentum == 0.9
    assert cr.optimizers.AdamW(weight_decay=0.1).weight_decay == 0.1


@pytest.mark.parametrize(
    "layer", [cr.activations.ReLU, cr.ops.relu, cr.activations.Softmax, cr.ops.softmax]
)
def test_an_activation_that_is_not_a_layer_gets_a_suggestion(layer):
    with pytest.raises(HyperparameterError) as caught:
        cr.Sequential([cr.layers.Dense(3), layer])
    _, _, name = str(caught.value).partition("write cr.activations.")
    cr.Sequential([cr.layers.Dense(3), cr.activations[name]], input_shape=2)


def test_a_linear_layer_is_dense():
    with pytest.raises(UnknownNameError, match="Did you mean 'Dense'"):
        cr.layers.Linear  # noqa: B018


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Dense", "write cr.layers.Dense"),
        ("relu", "write cr.activations.relu or cr.ops.relu"),
        ("nn", "layers are in cr.layers, activations in cr.activations"),
    ],
)
def test_a_component_is_found_from_the_package(name, text):
    with pytest.raises(AttributeError, match=text) as caught:
        getattr(cr, name)
    assert isinstance(caught.value, ChainRuleError)
    assert not hasattr(cr, name)


def test_importing_a_module_loads_no_plugin():
    code = "import sys; from chainrule import errors; print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert "chainrule.errors" in ran.stdout
    assert "chainrule.registry" not in ran.stdout


X, Y = np.zeros((4, 2)), np.zeros(4, int)


def test_a_history_names_its_measures():
    model = cr.Sequential([cr.layers.Dense(3)])
    history = model.fit(
        X, Y, loss="sparse_softmax_cross_entropy", metrics=["accuracy"], verbose=0
    )
    with pytest.raises(UnknownNameError, match="Did you mean 'accuracy'") as caught:
        history["acuracy"]
    assert isinstance(caught.value, KeyError)
    assert history.get("acc") is None
    assert "acc" not in history
    with pytest.raises(AttributeError, match=r"write history\['loss'\]"):
        history.history  # noqa: B018
    with pytest.raises(AttributeError, match=r"write history\['accuracy'\]"):
        history.accuracy  # noqa: B018
    assert not hasattr(history, "epoch")
    assert dict(pickle.loads(pickle.dumps(history))) == dict(history)


def test_missing_values_are_shown_as_they_are_written():
    q, w = cr.input("q", (2,)), cr.parameter("w", [1.0, 2.0])
    with pytest.raises(DataError, match=r"input q of shape \(2\); .* \{q: …\}"):
        cr.explain(cr.ops.sum(q * w), w, 0)


def test_a_model_is_not_saved_with_the_suffix_of_another_format(tmp_path):
    model = cr.Sequential([cr.layers.Dense(3)], input_shape=2)
    for name in ("q.h5", "q.PT", "q.keras"):
        with pytest.raises(ModelFileError, match=r"call it 'q\.safetensors'"):
            model.save(tmp_path / name)
    assert not list(tmp_path.iterdir())
    model.save(tmp_path / "q.safetensors")
    model.save(tmp_path / "no_suffix")
