"""A model whose plugin is missing can be listed and drawn, and not computed."""

from __future__ import annotations

import copy
import io
import pickle
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
from rich.console import Console

import chainrule as cr
from chainrule.annotations import OfKind, Positive
from chainrule.errors import ModelFileError, ModelFileWarning
from chainrule.model.summary import table
from chainrule.registry import registry
from chainrule.registry.plugin import Plugin, read_hooks

X = np.random.default_rng(6).normal(size=(12, 3)).astype(np.float32)
INSTALL = "pip install 'chainrule-x==1.0'"


class Wavy(cr.Activation):
    """y = x + sin(a x)."""

    def apply(self, x: cr.Node) -> cr.Node:
        shape = x.shape[-1:]
        a = self.parameter("a", shape, cr.initializers.Ones())
        kept = self.parameter("kept", shape, cr.initializers.Ones(), trainable=False)
        return x + kept * cr.ops.sin(a * x)


class Widened(cr.Layer):
    """y = f(x W), twice as wide as x."""

    activation: Annotated[cr.Activation, OfKind("activations")]

    def apply(self, x: cr.Node) -> cr.Node:
        features = self.features_of(x, "w")
        shape = (features, 2 * features)
        w = self.parameter("w", shape, cr.initializers.GlorotUniform())
        return self.activation(x @ w)


class Crossed(cr.Layer):
    """The product of both, and their sum."""

    def apply(self, a: cr.Node, b: cr.Node) -> tuple[cr.Node, cr.Node]:
        return a * b, cr.ops.sum(a + b, axis=-1, keepdims=True)


class Cube(cr.Elementwise):
    """y = x³."""

    notation = "{0}³"

    def derivatives(self, y: cr.Node, x: cr.Node) -> tuple[cr.Node]:
        return (3 * cr.ops.square(x),)

    def expand(self, x: cr.Node) -> cr.Node:
        return x * cr.ops.square(x)


class Descent(cr.Optimizer):
    """p - lr g."""

    lr: Positive = 0.1

    def update(self, p: cr.Node, g: cr.Node, lr: cr.Node, step: cr.Node) -> Any:
        return {"p": p - lr * g}


class Thirds(cr.Initializer):
    """1/3 everywhere."""

    def draw(self, shape: Any, random: Any) -> Any:
        return np.full(shape, 1 / 3)


class Hooks:
    """The plugin that brings all of these."""

    @cr.hookimpl
    def register_activations(self) -> list[type[cr.Activation]]:
        return [Wavy]

    @cr.hookimpl
    def register_layers(self) -> list[type[cr.Layer]]:
        return [Widened, Crossed]

    @cr.hookimpl
    def register_ops(self) -> list[type[cr.Op]]:
        return [Cube]

    @cr.hookimpl
    def register_optimizers(self) -> list[type[cr.Optimizer]]:
        return [Descent]

    @cr.hookimpl
    def register_initializers(self) -> list[type[cr.Initializer]]:
        return [Thirds]


def sequential(*layers: Any) -> cr.Model:
    return cr.Sequential([*layers, cr.layers.Dense(3)], input_shape=3)


def with_an_op() -> cr.Model:
    x = cr.input("x", (None, 3))
    return cr.Model(x, cr.ops.square(Cube()(cr.layers.Dense(3)(x))))


def with_two_outputs() -> cr.Model:
    x = cr.input("x", (None, 3))
    product, total = Crossed()(x, cr.layers.Dense(3)(x))
    return cr.Model(x, product + total)


MODELS: dict[str, Callable[[], cr.Model]] = {
    "activation 'wavy'": lambda: sequential(Wavy()),
    "activation 'wavy' ": lambda: sequential(cr.layers.Dense(4, activation=Wavy())),
    "layer 'widened'": lambda: sequential(Widened(cr.activations.tanh)),
    "layer 'widened' ": lambda: sequential(sequential(Widened(Wavy()))),
    "layer 'crossed'": with_two_outputs,
    "op 'cube'": with_an_op,
}
missing = pytest.mark.parametrize("what", MODELS)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


def install() -> None:
    plugin = Plugin("x", "chainrule-x", "1.0", "x_module")
    registry.plugins.replace(read_hooks(plugin, Hooks()))


def saved(model: cr.Model, path: Path) -> cr.Model:
    install()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.save(path)
    registry.plugins.unregister("x")
    return model


def loaded(path: Path) -> cr.Model:
    with pytest.warns(ModelFileWarning, match=INSTALL):
        return cr.load(path)


def listing(model: cr.Model) -> str:
    text = io.StringIO()
    Console(file=text, width=100).print(table(model.structure))
    return text.getvalue()


@missing
def test_it_is_listed_with_all_shapes_and_parameters(what: str, path: Path) -> None:
    model = saved(MODELS[what](), path)
    found = loaded(path)
    words = re.compile(r"[\w()]+")
    assert words.findall(listing(found).replace(", missing", "")) == words.findall(
        listing(model)
    )
    weights = model.get_weights()
    assert found.get_weights().keys() == weights.keys()
    for name, value in found.get_weights().items():
        np.testing.assert_array_equal(value, weights[name])
        assert found.parameters[name].trainable == model.parameters[name].trainable


def test_the_list_says_what_is_missing(path: Path) -> None:
    saved(sequential(Wavy()), path)
    assert "wavy_1 (Wavy, missing)" in listing(loaded(path))


@missing
@pytest.mark.parametrize("level", ["model", "layer", "op"])
def test_it_is_drawn_at_every_level(level: Any, what: str, path: Path) -> None:
    saved(MODELS[what](), path)
    name = what.strip().partition(" ")[2].strip("'")
    found = loaded(path)
    for direction in ("forward", "backward"):
        source = cr.draw(found, level=level, direction=direction).source
        assert level == "model" or f"{name}(" in source.replace("</I>", "")
    drawn = cr.draw(cr.ops.mean(found.outputs[0]), level="op", direction="backward")
    assert f"∂{name}(" in drawn.source


@missing
@pytest.mark.parametrize(
    "use",
    [
        lambda m: m.predict(X),
        lambda m: m.evaluate(X, X, loss="mse"),
        lambda m: m.fit(X, X, loss="mse", verbose=0),
        lambda m: m(X),
        lambda m: cr.evaluate([m.outputs[0]], {m.inputs[0]: X}),
        lambda m: cr.draw(m, values={m.inputs[0]: X}),
        lambda m: m.save("again.safetensors"),
        copy.deepcopy,
        pickle.dumps,
    ],
)
def test_whatever_computes_or_saves_it_says_what_to_install(
    use: Callable[[cr.Model], Any], what: str, path: Path
) -> None:
    saved(MODELS[what](), path)
    found = loaded(path)
    with pytest.raises(ModelFileError, match=what.strip()) as caught:
        use(found)
    assert INSTALL in str(caught.value)


def test_a_blocked_or_broken_plugin_is_told_with_its_state(path: Path) -> None:
    saved(sequential(Wavy()), path)
    reason = "ImportError: no module named 'y'"
    broken = Plugin("x", "chainrule-x", "1.0", state="broken", reason=reason)
    registry.plugins.replace(broken)
    with pytest.warns(ModelFileWarning, match=f"plugin 'x' is broken: {reason}"):
        cr.load(path)


def test_what_only_training_needs_is_told_with_what_to_install(path: Path) -> None:
    model = cr.Sequential([cr.layers.Dense(3, kernel_initializer=Thirds())])
    model.fit(X, X, loss="mse", optimizer=Descent(), verbose=0)
    saved(model, path)
    with pytest.warns(ModelFileWarning) as caught:
        found = cr.load(path)
    assert len(caught) == 2
    assert all(INSTALL in str(each.message) for each in caught)
    np.testing.assert_array_equal(found.predict(X), model.predict(X))


def test_a_call_of_each_shape_is_drawn_with_its_shape(path: Path) -> None:
    shared, x = Widened(cr.activations.tanh), cr.input("x", (None, 5, 3))
    both = cr.ops.sum(shared(x), axis=1) + shared(cr.ops.sum(x, axis=1))
    saved(cr.Model(x, both), path)
    found = loaded(path)
    assert "(batch, 5, 6)" in listing(found)
    assert "(batch, 6)" in listing(found)


def test_nothing_stands_for_what_is_in_no_distribution(path: Path) -> None:
    with pytest.warns(ModelFileWarning, match="not registered"):
        sequential(Wavy()).save(path)
    with pytest.raises(ModelFileError, match=r"no activation named 'wavy'.*custom="):
        cr.load(path)
