"""Classes of one's own in saved models: registered, given, or missing."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ModelFileError, ModelFileWarning, PluginError
from chainrule.registry import registry

random = np.random.default_rng(6)
X = random.normal(size=(24, 3)).astype(np.float32)
Y = random.normal(size=(24, 2)).astype(np.float32)
Dense = cr.layers.Dense


class Snake(cr.Activation):
    """y = x + sin²(a x) / a."""

    a: float = 1.0

    def apply(self, x: cr.Node) -> cr.Node:
        return x + cr.ops.square(cr.ops.sin(self.a * x)) / self.a


pytestmark = pytest.mark.usefixtures("registrations_end")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


def model() -> cr.Model:
    return cr.Sequential([Dense(4, activation=Snake(a=2.0)), Dense(2)], input_shape=3)


def saved(made: cr.Model, path: Path) -> cr.Model:
    with pytest.warns(ModelFileWarning, match="not registered") as caught:
        made.save(path)
    assert caught[0].filename == __file__
    return made


def test_a_registered_class_is_found_everywhere(path: Path) -> None:
    assert cr.register(Snake) is Snake
    assert cr.activations.Snake is Snake
    assert type(cr.activations["snake"]) is Snake
    assert type(Dense(2, activation="snake").activation) is Snake
    made = model()
    made.save(path)
    np.testing.assert_array_equal(cr.load(path).predict(X), made.predict(X))


def test_one_that_is_not_registered_is_told_when_saved_and_given_to_load(
    path: Path,
) -> None:
    made = saved(model(), path)
    with pytest.raises(ModelFileError, match=r"no activation named 'snake'.*@cr.reg"):
        cr.load(path)
    loaded = cr.load(path, custom={"snake": Snake})
    np.testing.assert_array_equal(loaded.predict(X), made.predict(X))
    assert not registry.has("activations", "snake")
    with pytest.raises(ModelFileError, match="no activation named 'snake'"):
        cr.load(path, custom={"snake": Plain})


def test_the_message_says_what_to_write(path: Path) -> None:
    with pytest.warns(ModelFileWarning, match=r"snake is not .* custom={'snake': Sn"):
        cr.Sequential([model(), Dense(2)], input_shape=3).save(path)


def again() -> type[cr.Activation]:
    """Define a class in the way that a cell of a notebook does, when run again."""

    @cr.register
    class Cell(cr.Activation):
        def apply(self, x: cr.Node) -> cr.Node:
            return 2 * x

    return Cell


def test_a_class_that_is_defined_again_replaces_the_first(path: Path) -> None:
    first, second = again(), again()
    assert first is not second
    assert cr.activations.Cell is second
    made = cr.Sequential([Dense(2, activation=first())], input_shape=3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made.save(path)
    assert type(cr.load(path).layers[0].activation) is second


def test_a_name_belongs_to_one_class(path: Path) -> None:
    class Tanh(cr.Activation):
        def apply(self, x: cr.Node) -> cr.Node:
            return x

    with pytest.raises(PluginError, match=r"'(T|t)anh' is Tanh of chainrule"):
        cr.register(Tanh)
    assert cr.activations.Tanh is not Tanh
    made = cr.Sequential([Dense(2, activation=Tanh())], input_shape=3)
    with pytest.raises(ModelFileError, match=r"registered for chainrule\..*type_name"):
        made.save(path)


@pytest.mark.parametrize(
    ("what", "message"),
    [(int, "takes a subclass of"), ("snake", "takes a subclass of"),
     (cr.Activation, "is abstract, define apply"),
     (cr.layers.Dense, "'Dense' is Dense of chainrule")],
)  # fmt: skip
def test_what_cannot_be_registered(what: Any, message: str) -> None:
    with pytest.raises(PluginError, match=message):
        cr.register(what)


def test_ops_of_ones_own(path: Path) -> None:
    class Cube(cr.Elementwise):
        notation = "{0}³"

        def derivatives(self, y: cr.Node, x: cr.Node) -> Any:
            return (3 * x * x,)

        def expand(self, x: cr.Node) -> cr.Node:
            return x * x * x

    x = cr.input("x", (None, 3))
    made = saved(cr.Model(x, Dense(2)(Cube()(x))), path)
    loaded = cr.load(path, custom={"cube": Cube})
    np.testing.assert_array_equal(loaded.predict(X), made.predict(X))


class Plain(cr.Optimizer):
    lr: float = 0.1

    def update(
        self, p: cr.Node, g: cr.Node, lr: cr.Node, step: cr.Node
    ) -> dict[str, cr.Node]:
        return {"p": p - lr * g}


class Error(cr.Metric):
    def totals(self, target: cr.Node, prediction: cr.Node) -> tuple[cr.Node, ...]:
        return (cr.ops.sum(target - prediction),)

    def result(self, *totals: float) -> float:
        return totals[0]


class Quartic(cr.Loss):
    def per_example(self, target: cr.Node, prediction: cr.Node) -> cr.Node:
        return cr.ops.mean((target - prediction) ** 4, axis=1)


class Small(cr.Regularizer):
    def penalty(self, parameter: cr.Parameter) -> cr.Node:
        return 0.1 * cr.ops.sum(cr.ops.square(parameter))


class Halves(cr.Initializer):
    def draw(self, shape: tuple[int, ...], random: np.random.Generator) -> Any:
        return np.full(shape, 0.5, np.float32)


TRAINING: dict[str, tuple[Any, dict[str, Any]]] = {
    "plain": (Plain, {"optimizer": Plain()}),
    "error": (Error, {"metrics": [Error()]}),
    "quartic": (Quartic, {"loss": Quartic()}),
    "small": (Small, {"regularizers": [Small()]}),
}


@pytest.mark.parametrize("name", TRAINING)
def test_what_only_training_needs_does_not_stop_predicting(
    name: str, path: Path
) -> None:
    cls, options = TRAINING[name]
    made = cr.Sequential([Dense(4), Dense(2)])
    usual: dict[str, Any] = {"loss": "mse", "batch_size": 8} | options
    made.fit(X, Y, **usual)
    saved(made, path)
    with pytest.warns(ModelFileWarning, match=f"named '{name}'.*@cr.register"):
        loaded = cr.load(path)
    np.testing.assert_array_equal(loaded.predict(X), made.predict(X))
    whole = cr.load(path, custom={name: cls})
    made.fit(X, Y, **usual)
    whole.fit(X, Y, **usual)
    np.testing.assert_array_equal(whole.predict(X), made.predict(X))
    loaded.fit(X, Y, loss="mse")


def test_an_initializer_does_not_either(path: Path) -> None:
    layers = [Dense(4, kernel_initializer=Halves()), Dense(2)]
    made = saved(cr.Sequential(layers, input_shape=3), path)
    with pytest.warns(ModelFileWarning, match="no initializer named 'halves'"):
        loaded = cr.load(path)
    np.testing.assert_array_equal(loaded.predict(X), made.predict(X))
