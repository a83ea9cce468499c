"""Saving models that use what is inside of a layer: tied weights, derivatives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.annotations import OfKind
from chainrule.errors import ModelFileError
from chainrule.graph import Graph

random = np.random.default_rng(4)
X = random.normal(size=(16, 3)).astype(np.float32)
Y = random.normal(size=(16, 3)).astype(np.float32)
Dense = cr.layers.Dense


def tied() -> cr.Model:
    x = cr.input("x", (None, 3))
    encode = Dense(2, activation="tanh")
    h = encode(x)
    kernel = dict(encode.owned_parameters())["kernel"].node
    return cr.Model(x, h @ kernel.T)


def tied_across_several_calls() -> cr.Model:
    x = cr.input("x", (None, 3))
    shared = Dense(3)
    first = shared(x)
    kernel = dict(shared.owned_parameters())["kernel"].node
    return cr.Model(x, shared(cr.ops.tanh(first @ kernel.T)))


def slope() -> cr.Model:
    x = cr.input("x", (None, 3))
    u = Dense(3)(Dense(4, activation="prelu", name="hidden")(x))
    (du,) = cr.grad(cr.ops.sum(cr.ops.square(u)), [x])
    return cr.Model(x, u + 0.1 * du)


def second_derivative() -> cr.Model:
    x = cr.input("x", (None, 3))
    u = Dense(1, use_bias=False)(Dense(4, activation="tanh")(x))
    (du,) = cr.grad(cr.ops.sum(u), [x])
    (ddu,) = cr.grad(cr.ops.sum(du), [x])
    return cr.Model(x, Dense(3)(ddu) + du)


def derivative_alone() -> cr.Model:
    x = cr.input("x", (None, 3))
    u = Dense(1, use_bias=False)(Dense(4, activation="tanh")(x))
    (du,) = cr.grad(cr.ops.sum(u), [x])
    return cr.Model(x, du)


def derivative_of_noise() -> cr.Model:
    x = cr.input("x", (None, 3))
    u = Dense(3)(cr.layers.Dropout(0.5)(Dense(6, activation="tanh")(x)))
    (du,) = cr.grad(cr.ops.sum(cr.ops.square(u)), [x])
    return cr.Model(x, u + 0.1 * du)


def inner_activation() -> cr.Model:
    x = cr.input("x", (None, 3))
    y = Dense(3, activation="prelu")(x)
    (slope,) = cr.grad(cr.ops.sum(y), [x])
    return cr.Model(x, [y, cr.activations.prelu(slope)])


def nested() -> cr.Model:
    x = cr.input("x", (None, 3))
    inner = tied()
    y = inner(x)
    return cr.Model(x, y @ inner.parameters["dense_1/kernel"])


MODELS = [
    tied, tied_across_several_calls, slope, second_derivative, derivative_alone,
    derivative_of_noise, inner_activation, nested,
]  # fmt: skip


@pytest.mark.parametrize("make", MODELS, ids=lambda f: f.__name__)
def test_it_is_loaded_and_trains_on(make: Callable[[], cr.Model], path: Path) -> None:
    model = make()
    options: dict[str, Any] = {"loss": "mse", "optimizer": "adam", "batch_size": 8}
    y: Any = [Y, Y] if len(model.outputs) == 2 else Y[:, : model.outputs[0].shape[1]]
    model.fit(X, y, epochs=2, **options)
    model.save(path)
    loaded = cr.load(path)
    assert loaded.to_config() == model.to_config()
    for _ in range(2):
        ours, theirs = model.get_weights(), loaded.get_weights()
        assert list(ours.keys()) == list(theirs.keys())
        for name, value in ours.items():
            assert value.tobytes() == theirs[name].tobytes(), name
        np.testing.assert_array_equal(model.predict(X), loaded.predict(X))
        a, b = (m.fit(X, y, epochs=2, **options) for m in (model, loaded))
        assert a == b
    loaded.save(path)
    assert cr.load(path).to_config() == model.to_config()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


def test_a_tied_weight_is_one_parameter(path: Path) -> None:
    model = tied()
    model.save(path)
    loaded = cr.load(path)
    assert list(loaded.parameters.keys()) == ["dense_1/kernel", "dense_1/bias"]
    loaded.set_weights({"dense_1/kernel": 0 * model.get_weights()["dense_1/kernel"]})
    assert not loaded.predict(X).any()


def test_a_weight_whose_owner_comes_later_is_refused_when_saved(path: Path) -> None:
    x = cr.input("x", (None, 3))
    layer = Dense(3)
    layer(x)
    kernel = dict(layer.owned_parameters())["kernel"].node
    model = cr.Model(x, layer(x @ kernel))
    with pytest.raises(ModelFileError, match="used before the only call of its layer"):
        model.save(path)


def test_a_layer_that_computes_in_another_way_is_told(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tied().save(path)

    def apply(self: Any, x: cr.Node) -> cr.Node:
        kernel: cr.Node = self.parameter("kernel", (3, 2), "zeros")
        bias = self.parameter("bias", (2,), "zeros")
        return (x * 2) @ kernel + bias

    monkeypatch.setattr(cr.layers.Dense, "apply", apply)
    with pytest.raises(ModelFileError, match="computes in another way"):
        cr.load(path)


def test_a_parameter_of_a_model_in_a_model_has_its_path_in_every_graph() -> None:
    inner = cr.Sequential([cr.layers.Dense(3, activation="tanh")], input_shape=3)
    outer = cr.Sequential([inner, cr.layers.Dense(2)], input_shape=3)
    model = cr.Sequential([outer, cr.layers.Dense(3), inner], input_shape=3)
    graph = Graph(model.outputs)
    paths = [graph.id[parameter] for parameter in graph.parameters]
    assert set(paths) == set(model.parameters.keys())
    loss = cr.losses.mse(cr.input("t", (None, 3)), model.outputs[0])
    feeds = {"x": np.ones((1, 3)), "t": np.zeros((1, 3))}
    for path in paths:
        index = (0,) * graph.node[path].ndim
        cr.explain(loss, path, index=index, values=feeds)


class Twice(cr.Layer):
    """y = f(g(x))."""

    inner: Annotated[cr.Activation, OfKind("activations")]
    outer: Annotated[cr.Activation, OfKind("activations")]

    def apply(self, x: cr.Node) -> cr.Node:
        return self.outer(self.inner(x))


class Around(cr.Layer):
    """y = f(x), with a layer for f."""

    body: Annotated[cr.Layer, OfKind("layers")]

    def apply(self, x: cr.Node) -> cr.Node:
        return self.body(x)


def prelu() -> cr.Activation:
    return cr.activations.Prelu()


SHARED, DENSE = prelu(), Dense(3, activation=prelu())
OWNERS: dict[str, list[Any]] = {
    "an activation": [Dense(3, activation=prelu()), Dense(3, activation=prelu())],
    "a shared activation": [Dense(3, activation=SHARED), Dense(3, activation=SHARED)],
    "two of one type": [Twice(prelu(), prelu()), Twice(prelu(), prelu())],
    "one in two places": [Twice(one := prelu(), one)],
    "a layer in a layer": [Around(Dense(3, activation=prelu())), Around(Dense(3))],
    "a shared layer": [DENSE, DENSE, Around(DENSE)],
    "alone and in a layer": [both := prelu(), prelu(), Dense(3, activation=both)],
    "an activation as a layer": [cr.layers.Activation(prelu()), prelu()],
}


REFUSED = {
    "a shared activation", "one in two places", "a shared layer",
    "alone and in a layer",
}  # fmt: skip


@pytest.mark.parametrize("what", OWNERS)
def test_a_parameter_has_one_name(what: str) -> None:
    model = cr.Sequential(OWNERS[what], input_shape=3)
    graph = Graph(model.outputs)
    paths = {graph.id[parameter] for parameter in graph.parameters}
    assert paths == set(model.parameters.keys())


@pytest.mark.filterwarnings("ignore:.*not registered")
@pytest.mark.parametrize("what", OWNERS)
def test_what_is_shared_is_saved_or_refused_and_never_lost(
    what: str, path: Path
) -> None:
    model = cr.Sequential(OWNERS[what], input_shape=3)
    if what in REFUSED:
        with pytest.raises(ModelFileError, match="a file would make two of it"):
            model.save(path)
        return
    model.save(path)
    loaded = cr.load(path, custom={"twice": Twice, "around": Around})
    assert loaded.parameters.keys() == model.parameters.keys()
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
