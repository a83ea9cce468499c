"""Components: construction, defaults, configs, copies and what they are shown as."""

from __future__ import annotations

import copy
import pickle

import pytest

import chainrule as cr
from chainrule.component import field_types, required_fields, snake_case
from chainrule.errors import HyperparameterError


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("LeakyRelu", "leaky_relu"), ("MSE", "mse"), ("L1", "l1"),
        ("KLDivergence", "kl_divergence"), ("Dense", "dense"),
    ],
)  # fmt: skip
def test_a_class_names_its_type(name: str, expected: str) -> None:
    assert snake_case(name) == expected


@pytest.mark.parametrize(
    ("component", "shown", "config"),
    [
        (cr.layers.Dense(3), "Dense(3)", {"type": "dense", "units": 3}),
        (
            cr.layers.Dense(units=3, activation="relu", use_bias=False),
            "Dense(3, activation='relu', use_bias=False)",
            {"type": "dense", "units": 3, "activation": "relu", "use_bias": False},
        ),
        (
            cr.layers.Activation(cr.activations.Elu(2)),
            "Activation(Elu(alpha=2.0))",
            {"type": "activation", "activation": {"type": "elu", "alpha": 2.0}},
        ),
        (cr.optimizers.Adam(lr=1e-3), "Adam()", {"type": "adam"}),
        (cr.layers.Reshape([2, -1]), "Reshape((2, -1))", None),
        (cr.layers.Dense(3, name="first"), "Dense(3, name='first')", None),
    ],
    ids=repr,
)
def test_only_what_differs_from_the_defaults_is_shown_and_saved(
    component: cr.Layer | cr.Optimizer, shown: str, config: dict[str, object] | None
) -> None:
    assert repr(component) == shown
    saved = component.to_config()
    assert config is None or saved == config
    assert type(component).from_config(saved).to_config() == saved


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, "pickle"])
def test_a_component_can_be_copied(again) -> None:
    made = cr.optimizers.Momentum(momentum=0.5)
    copied = pickle.loads(pickle.dumps(made)) if again == "pickle" else again(made)
    assert copied.hyperparameters() == made.hyperparameters()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (cr.layers.Dense, r"Dense needs units: write Dense\(units=…\)"),
        (lambda: cr.layers.Dense(3, unit=4), "no hyperparameter 'unit'. Did you mean"),
        (lambda: cr.layers.Dropout(0.5, 1), r"takes 1 values by position \(rate\)"),
        (lambda: cr.layers.Dropout(1), r"Dropout\(rate=…\) must be in \[0, 1\)"),
    ],
)
def test_wrong_hyperparameters(call, message: str) -> None:
    with pytest.raises(HyperparameterError, match=message):
        call()


def test_an_abstract_component_says_what_to_define() -> None:
    class Half(cr.Activation):
        """y = x / 2."""

    with pytest.raises(TypeError, match="Half is abstract: define apply in a subclass"):
        Half()


def test_fields_are_hyperparameters() -> None:
    assert required_fields(cr.layers.Dropout) == ["rate"]
    assert set(field_types(cr.layers.Dropout)) == {"rate", "name"}
