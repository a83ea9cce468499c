"""Copies and pickles of models: the same predictions, and the same training on."""

from __future__ import annotations

import copy
import io
import pickle
import pickletools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ModelFileError, ModelFileWarning
from chainrule.kinds.callback import Run

random = np.random.default_rng(6)
X = random.normal(size=(24, 3)).astype(np.float32)
Y = random.normal(size=(24, 2)).astype(np.float32)
Dense = cr.layers.Dense


def pickled(model: Any) -> Any:
    return pickle.loads(pickle.dumps(model))


def joblib_dumped(model: Any) -> Any:
    joblib = pytest.importorskip("joblib")
    file = io.BytesIO()
    joblib.dump(model, file)
    file.seek(0)
    return joblib.load(file)


WAYS = [copy.copy, copy.deepcopy, pickled, joblib_dumped]
way = pytest.mark.parametrize("way", WAYS, ids=lambda f: f.__name__)


def sequential() -> cr.Model:
    return cr.Sequential(
        [Dense(4, activation="prelu"), cr.layers.BatchNorm(), cr.layers.Dropout(0.3),
         Dense(2)],
    )  # fmt: skip


def functional() -> cr.Model:
    x = cr.input("x", (None, 3))
    encode = Dense(2, activation="tanh")
    h = encode(x)
    kernel = dict(encode.owned_parameters())["kernel"].node
    return cr.Model(x, Dense(2)(h @ kernel.T), name="tied")


def fitted(model: cr.Model, epochs: int = 2, **options: Any) -> cr.Model:
    usual: dict[str, Any] = {
        "loss": "mse", "batch_size": 8, "metrics": ["r2"], "seed": 3,
        "schedule": cr.schedules.CosineDecay(epochs=9),
        "regularizers": [cr.regularizers.L2(0.01)],
    }  # fmt: skip
    model.fit(X, Y, epochs=epochs, **usual | options)
    return model


def assert_same(a: cr.Model, b: cr.Model) -> None:
    ours, theirs = a.get_weights(), b.get_weights()
    assert list(ours.keys()) == list(theirs.keys())
    for name, value in ours.items():
        assert value.tobytes() == theirs[name].tobytes(), name
    assert a.predict(X).tobytes() == b.predict(X).tobytes()


@way
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("optimizer", ["sgd", "adam", "nadam"])
@pytest.mark.parametrize("make", [sequential, functional], ids=lambda f: f.__name__)
def test_a_fitted_model(
    way: Callable[[Any], Any], make: Callable[[], cr.Model], optimizer: str, dtype: str
) -> None:
    model = fitted(make(), optimizer=optimizer, dtype=dtype)
    model.freeze("dense_1/bias")
    model.metadata["note"] = [1, "ä"]
    twin = way(model)
    assert type(twin) is type(model)
    assert_same(model, twin)
    assert twin.history == model.history
    assert twin.metadata == model.metadata
    assert twin.scope.name == model.scope.name
    assert twin.parameters["dense_1/bias"].frozen
    assert twin.evaluate(X, Y) == model.evaluate(X, Y)
    before = twin.get_weights()
    fitted(model, optimizer=optimizer, dtype=dtype)
    for name, value in before.items():
        np.testing.assert_array_equal(value, twin.get_weights()[name])
    fitted(twin, optimizer=optimizer, dtype=dtype)
    assert_same(model, twin)
    assert twin.session.state is not None
    assert twin.session.state.epoch == 4


@way
@pytest.mark.parametrize("shape", [None, 3])
def test_a_new_model_draws_the_same_weights(
    way: Callable[[Any], Any], shape: int | None
) -> None:
    model = cr.Sequential([Dense(4, activation="relu"), Dense(2)], shape)
    twin = way(model)
    assert repr(twin) == repr(model)
    fitted(model)
    fitted(twin)
    assert_same(model, twin)


@way
def test_in_the_middle_of_a_training_run(way: Callable[[Any], Any]) -> None:
    twins: list[Any] = []

    class Copy(cr.Callback):
        def epoch_end(self, run: Run) -> None:
            if run.epoch == 2:
                twins.append(way(run.model))

    model = fitted(sequential(), 4, callbacks=[Copy()])
    (twin,) = twins
    fitted(twin, 2)
    assert_same(model, twin)


def test_a_copy_is_a_model_of_its_own() -> None:
    model = fitted(sequential())
    twin = copy.copy(model)
    twin.set_weights({"dense_2/bias": [5, 5]})
    twin.metadata["a"] = 1
    twin.freeze()
    assert not (model.get_weights()["dense_2/bias"] == 5).any()
    assert not model.metadata
    assert not any(p.frozen for p in model.parameters.values())


def test_copies_keep_classes_of_ones_own() -> None:
    class Cubed(cr.Activation):
        def apply(self, x: cr.Node) -> cr.Node:
            return x * x * x

    class Error(cr.Metric):
        def totals(self, target: cr.Node, prediction: cr.Node) -> tuple[cr.Node, ...]:
            return (cr.ops.sum(target - prediction),)

        def result(self, *totals: float) -> float:
            return totals[0]

    class Plain(cr.Optimizer):
        lr: float = 0.1

        def update(
            self, p: cr.Node, g: cr.Node, lr: cr.Node, step: cr.Node
        ) -> dict[str, cr.Node]:
            return {"p": p - lr * g}

    inner = cr.Sequential([Dense(2, activation=Cubed())])
    options: dict[str, Any] = {"optimizer": Plain(), "metrics": [Error()]}
    model = fitted(cr.Sequential([inner, Dense(2)]), **options)
    twin = copy.deepcopy(model)
    assert type(twin.layers[0].layers[0].activation) is Cubed
    assert_same(model, twin)
    fitted(model, **options)
    fitted(twin, **options)
    assert_same(model, twin)
    with pytest.warns(ModelFileWarning, match=r"cubed and plain and error are not"):
        content = pickle.dumps(model)
    with pytest.raises(ModelFileError, match="no activation named 'cubed'"):
        pickle.loads(content)


def test_a_pickle_calls_one_function_with_bytes() -> None:
    content = pickle.dumps(fitted(sequential()), protocol=4)
    names, calls, kinds = [], 0, set()
    for opcode, argument, _ in pickletools.genops(content):
        kinds.add(opcode.name)
        calls += opcode.name == "REDUCE"
        if opcode.name == "SHORT_BINUNICODE":
            names.append(argument)
    assert names == ["chainrule.model.loading", "load_bytes"]
    assert calls == 1
    assert not kinds & {"BUILD", "NEWOBJ", "NEWOBJ_EX", "INST", "OBJ", "GLOBAL"}


def test_a_damaged_pickle_is_refused() -> None:
    content = pickle.dumps(fitted(functional()))
    at = content.index(b"dense_1/kernel") + 3
    broken = bytearray(content)
    broken[-40] ^= 1
    with pytest.raises(ModelFileError, match=r"a model in memory: .* is damaged"):
        pickle.loads(bytes(broken))
    broken = bytearray(content)
    broken[at] ^= 1
    with pytest.raises(ModelFileError, match="a model in memory"):
        pickle.loads(bytes(broken))


@way
def test_a_function_cannot_be_copied(way: Callable[[Any], Any]) -> None:
    model = cr.Sequential([Dense(2, activation=lambda z: z * z)], input_shape=3)
    with pytest.raises(ModelFileError, match="not functions"):
        way(model)


@way
def test_histories(way: Callable[[Any], Any]) -> None:
    model = fitted(sequential())
    assert model.history is not None
    history = way(model.history)
    assert history == model.history
    assert repr(history) == repr(model.history)


def test_a_copy_keeps_functions_that_a_file_cannot_hold() -> None:
    def worst(t: cr.Node, p: cr.Node) -> cr.Node:
        return cr.ops.max(cr.ops.abs(t - p), axis=1)

    x = np.linspace(-1, 1, 12, dtype=np.float32)[:, None]
    model = cr.Sequential([cr.layers.Dense(1)])
    model.fit(x, x, loss=lambda t, p: cr.ops.mean((t - p) ** 4), metrics=worst)
    twin = copy.copy(model)
    assert dict(twin.evaluate(x, x)) == dict(model.evaluate(x, x))
    assert list(twin.evaluate(x, x).keys()) == ["loss", "worst"]
