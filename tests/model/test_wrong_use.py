"""Wrong uses of models: an error says so, and nothing is lost."""

from __future__ import annotations

import copy
import pickle
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import (
    ArgumentError,
    ArgumentTypeError,
    DataError,
    GraphError,
    HyperparameterError,
    OutputError,
    ShapeError,
)

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 4)).astype(np.float32)
LABELS = np.arange(12) % 3


def model() -> cr.Sequential:
    return cr.Sequential([cr.layers.Dense(3)], input_shape=4)


def fit(**options: Any) -> object:
    given = {"x": X, "y": LABELS, "loss": "sparse_softmax_cross_entropy", **options}
    return model().fit(given.pop("x"), given.pop("y"), **given)


@pytest.mark.parametrize(
    ("misuse", "error", "message"),
    [
        (lambda: cr.Sequential(None), ArgumentTypeError, "layers must be a list"),
        (lambda: cr.Sequential("dense"), ArgumentTypeError, "layers must be a list"),
        (
            lambda: cr.Sequential(cr.layers.Dense(2)),
            ArgumentTypeError,
            "layers must be a list",
        ),
        (lambda: cr.Sequential([cr.layers.Dense(2)], -1), ShapeError, "None, got -1"),
        (
            lambda: cr.Sequential([cr.layers.Dense(2)], 2.5),
            ArgumentTypeError,
            "int or a list, got 2.5",
        ),
        (
            lambda: cr.Sequential([cr.layers.Dense(2)], "4"),
            ArgumentTypeError,
            "or a list, got '4'",
        ),
        (lambda: cr.Model(None, None), ArgumentTypeError, "inputs must be"),
        (lambda: cr.Model([], cr.constant(1.0)), GraphError, "inputs must be"),
        (
            lambda: cr.Model(cr.input("x", (3,)), []),
            GraphError,
            "outputs must be a node",
        ),
        (
            lambda: cr.layers.Dense(2)("x"),
            GraphError,
            "of dtype <U1",
        ),
        (
            lambda: cr.layers.Dense(2)(None),
            GraphError,
            "booleans, got None, of dtype object",
        ),
        (
            lambda: model().set_weights([1]),
            DataError,
            "weights must have one array for each of the",
        ),
        (
            lambda: model().set_weights({"dense_1/kernel": [[1], [1, 2]]}),
            DataError,
            "different lengths",
        ),
        (
            lambda: model().set_weights({"dense_1/kernel": np.full((4, 3), 1e300)}),
            DataError,
            "inf in row 0",
        ),
        (lambda: fit(loss=cr.layers.Dense(3)), HyperparameterError, "is not a loss"),
        (lambda: fit(loss=cr.activations.relu), HyperparameterError, "is not a loss"),
        (lambda: fit(shuffle="no"), ArgumentTypeError, "shuffle must be a bool"),
        (lambda: fit(validation=float("nan")), DataError, "between 0 and 1"),
        (lambda: fit(validation=float("inf")), DataError, "between 0 and 1"),
        (lambda: fit(x=np.ma.masked_array(X, X > 0)), DataError, "masked"),
        (lambda: cr.optimizers.Adam(lr=np.inf), HyperparameterError, "finite"),
    ],
)
def test_mistakes(misuse: Callable[[], Any], error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        misuse()


@pytest.mark.parametrize("name", ["a/b", "../x", ""])
def test_names_cannot_be_taken_for_paths(name: str) -> None:
    with pytest.raises(GraphError, match="cannot be called"):
        cr.Sequential([cr.layers.Dense(2, name=name)], input_shape=4)


@pytest.mark.parametrize("name", ["<script>", "a\nb", "😀", "\u202eb", "optimizer:m"])
def test_unusual_names_survive_saving(name: str, tmp_path: Path) -> None:
    made = cr.Sequential([cr.layers.Dense(3, name=name)], input_shape=4)
    made.fit(X, LABELS, loss="sparse_softmax_cross_entropy")
    made.save(tmp_path / "model")
    loaded = cr.load(tmp_path / "model")
    assert loaded.layers[0].scope.name == name
    np.testing.assert_array_equal(loaded.predict(X), made.predict(X))


def test_a_layer_twice_in_a_sequential_is_saved_and_loaded(tmp_path: Path) -> None:
    shared = cr.layers.Dense(4, activation="tanh")
    made = cr.Sequential([shared, shared], input_shape=4)
    made.save(tmp_path / "model")
    loaded = cr.load(tmp_path / "model")
    assert loaded.layers[0].scope.name == "dense_1"
    assert loaded.parameters.keys() == made.parameters.keys()
    np.testing.assert_array_equal(loaded.predict(X), made.predict(X))


def test_a_scalar_parameter_is_saved_and_loaded(tmp_path: Path) -> None:
    x = cr.input("x", (None, 4))
    made = cr.Model(x, x * cr.parameter("gain", 2.0))
    made.fit(X, X, loss="mse", optimizer="nadam")
    made.save(tmp_path / "model")
    np.testing.assert_array_equal(
        cr.load(tmp_path / "model").predict(X), made.predict(X)
    )


def test_layers_can_be_copied() -> None:
    layer = cr.layers.Dense(3, activation="tanh")
    x = cr.constant(X)
    y = layer(x)
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        first, second = cr.evaluate([y, twin(x)])
        np.testing.assert_array_equal(first, second)
        for _, owned in twin.owned_parameters():
            owned.node.value += 1.0
        first, second = cr.evaluate([y, twin(x)])
        assert not np.array_equal(first, second)


@pytest.mark.parametrize("path", ["", "file/model", "n" * 300, "no/folder"])
def test_paths_that_cannot_be_written(path: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("keep")
    with pytest.raises(OutputError, match="cannot write"):
        model().save(tmp_path / path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_path_that_no_file_can_have_is_refused() -> None:
    for path in ("a\0b", "\ud800", b"x", None):
        with pytest.raises(ArgumentError, match=r"path must be a"):
            model().save(path)  # type: ignore[arg-type]


def test_threads_may_predict_and_measure_at_once() -> None:
    made = model()
    parts = [RNG.normal(size=(1600, 4)).astype(np.float32) for _ in range(4)]
    targets = np.zeros(1600, int)
    loss = "sparse_softmax_cross_entropy"

    def both(part: Any) -> tuple[Any, float]:
        measured = made.evaluate(part, targets, loss=loss, batch_size=100)
        return made.predict(part, batch_size=100), measured["loss"]

    wanted = [both(part) for part in parts]
    got: list[list[tuple[Any, float]]] = [[] for _ in parts]

    def work(at: int) -> None:
        got[at] = [both(parts[at]) for _ in range(15)]

    threads = [threading.Thread(target=work, args=(at,)) for at in range(len(parts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for (outputs, measured), results in zip(wanted, got, strict=True):
        assert len(results) == 15
        for other, number in results:
            np.testing.assert_array_equal(other, outputs)
            assert number == measured


@pytest.mark.parametrize("cls", [cr.Model, cr.Sequential])
def test_a_model_that_could_not_be_made_has_a_repr_for_tracebacks(cls: Any) -> None:
    assert cls.__name__ in repr(cls.__new__(cls))
