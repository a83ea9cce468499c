"""Saving and loading: everything is restored, and foreign files are rejected."""

from __future__ import annotations

import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

import chainrule as cr
from chainrule.errors import ModelFileError, ModelFileWarning, OutputError
from chainrule.model import writing

random = np.random.default_rng(1)
X = random.normal(size=(21, 4)).astype(np.float32)
LABELS = random.integers(0, 3, 21)
SPARSE = "sparse_softmax_cross_entropy"
Dense = cr.layers.Dense


def sequential() -> cr.Model:
    return cr.Sequential(
        [
            Dense(5, activation=cr.activations.LeakyRelu(), name="first"),
            cr.layers.BatchNorm(momentum=0.5),
            cr.layers.Dropout(0.2),
            Dense(3, kernel_initializer=cr.initializers.Normal(0.1)),
        ],
        input_shape=4,
    )


def functional() -> cr.Model:
    x = cr.input("x", (None, 4))
    shared = Dense(4, activation="prelu")
    w = cr.parameter("w", np.linspace(0.5, 1, 4).astype(np.float32))
    with cr.scope("block"):
        h = shared(shared(x)) * w + x[:, 1:2]
        h = cr.ops.concatenate([h, cr.ops.square(x), x - np.float32(0.5)])
        h = h + 0.01 * cr.ops.training(cr.ops.normal(h), h)
    return cr.Model(x, Dense(3)(cr.activations.tanh(h)))


def nested() -> cr.Model:
    inner = cr.Sequential([Dense(4, activation="tanh"), functional()], name="inner")
    return cr.Sequential([inner, cr.Sequential([Dense(3)])], input_shape=4)


MODELS = [sequential, functional, nested]
make = pytest.mark.parametrize("make", MODELS, ids=lambda f: f.__name__)


def test_metadata_are_saved_and_loaded(path: Path) -> None:
    model = sequential()
    model.save(path)
    assert cr.load(path).metadata == {}
    model.metadata["csv"] = {"target": 0, "columns": ["label", "größe"]}
    model.save(path)
    assert cr.load(path).metadata == model.metadata
    model.metadata["loss"] = abs
    with pytest.raises(ModelFileError, match="cannot save <built-in function abs>"):
        model.save(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


def assert_same(a: cr.Model, b: cr.Model) -> None:
    ours, theirs = a.get_weights(), b.get_weights()
    assert list(ours.keys()) == list(theirs.keys())
    for name, value in ours.items():
        assert value.tobytes() == theirs[name].tobytes(), name
    assert a.predict(X).tobytes() == b.predict(X).tobytes()


@make
def test_a_new_model_comes_back(make: Any, path: Path) -> None:
    model = make()
    model.save(path)
    loaded = cr.load(path)
    assert_same(model, loaded)
    assert loaded.to_config() == model.to_config()
    assert type(loaded) is type(model)


@make
@pytest.mark.parametrize("optimizer", ["adam", "nadam"])
def test_training_continues_bit_for_bit_after_loading(
    make: Any, optimizer: str, path: Path
) -> None:
    settings: dict[str, Any] = {
        "loss": SPARSE, "optimizer": cr.optimizers[optimizer], "batch_size": 5,
        "metrics": ["accuracy"], "regularizers": [cr.regularizers.L2(0.01)],
    }  # fmt: skip
    model = make()
    model.fit(X, LABELS, epochs=3, **settings)
    model.save(path)
    loaded = cr.load(path)
    assert_same(model, loaded)
    assert loaded.evaluate(X, LABELS) == model.evaluate(X, LABELS)
    ours = model.fit(X, LABELS, epochs=2, **settings)
    theirs = loaded.fit(X, LABELS, epochs=2, **settings)
    assert ours == theirs
    assert_same(model, loaded)


def test_loaded_weights_are_not_drawn_again(path: Path) -> None:
    model = sequential()
    model.save(path)
    loaded = cr.load(path)
    still = cr.optimizers.SGD(lr=1e-30)
    loaded.fit(X, LABELS, loss=SPARSE, seed=7, optimizer=still)
    np.testing.assert_array_equal(
        loaded.parameters["first/kernel"].value, model.parameters["first/kernel"].value
    )


def test_a_multi_output_model_comes_back(path: Path) -> None:
    a, b = cr.input("a", (None, 2)), cr.input("b", (None, 2))
    inner = cr.Model([a, b], [Dense(2, name="p")(a), Dense(1, name="q")(a * b)])
    x, y = cr.input("x", (None, 2)), cr.input("y", (None, 2))
    p, q = inner(y, x)
    model = cr.Model([x, y], [q, p, p + q])
    model.save(path)
    loaded = cr.load(path)
    data = [X[:, :2], X[:, 2:]]
    for ours, theirs in zip(model.predict(data), loaded.predict(data), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert loaded.network.output_names == model.network.output_names


def test_saving_replaces_an_older_file(path: Path) -> None:
    path.write_bytes(b"old")
    sequential().save(path)
    assert cr.load(path).layers
    assert list(path.parent.iterdir()) == [path]


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"cannot write .*No such file"):
        sequential().save(tmp_path / "none" / "model.safetensors")
    with pytest.raises(OSError, match="cannot write"):
        sequential().save(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_function_cannot_be_saved(path: Path) -> None:
    path.write_bytes(b"old")
    model = cr.Sequential([Dense(2, activation=lambda z: z * z)], input_shape=4)
    with pytest.raises(ModelFileError, match="not functions"):
        model.save(path)
    assert path.read_bytes() == b"old"


def test_a_loss_that_is_a_function_is_left_out(path: Path) -> None:
    model = sequential()
    model.fit(X, X[:, :3], loss=lambda t, p: cr.ops.mean(abs(t - p)))
    with pytest.warns(ModelFileWarning, match="the loss <lambda> is not saved"):
        model.save(path)
    with pytest.raises(ValueError, match="loss=…"):
        cr.load(path).evaluate(X, X[:, :3])


FOREIGN = {
    "empty": (b"", "the file is empty"),
    "zip": (None, "a zip archive, as PyTorch and Keras write"),
    "pickle": (pickle.dumps({"a": 1}), "a Python pickle"),
    "hdf5": (b"\x89HDF\r\n\x1a\n" + b"\0" * 99, "an HDF5 file"),
    "text": (b"Hello, I am no model at all.", "not a safetensors file"),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_foreign_files(kind: str, path: Path) -> None:
    content, message = FOREIGN[kind]
    if content is None:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("data.pkl", "x")
    else:
        path.write_bytes(content)
    with pytest.raises(ModelFileError, match=message):
        cr.load(path)


def test_no_file(path: Path) -> None:
    with pytest.raises(ModelFileError, match="there is no file"):
        cr.load(path)


@pytest.mark.parametrize("part", [0.01, 0.5, 0.99])
def test_truncated_files(part: float, path: Path) -> None:
    sequential().save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * part)])
    with pytest.raises(ModelFileError, match="truncated or damaged"):
        cr.load(path)


def test_safetensors_of_another_program(path: Path) -> None:
    save_file({"w": X}, path)
    with pytest.raises(ModelFileError, match="1 tensors, but not a chainrule model"):
        cr.load(path)


def tamper(path: Path, change: Any) -> None:
    from safetensors import safe_open

    sequential().save(path)
    with safe_open(path, framework="numpy") as file:
        description = json.loads(file.metadata()["chainrule"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    change(description, tensors)
    del description["checksum"]
    description["checksums"] = {n: writing.checksum(t) for n, t in tensors.items()}
    text = writing.with_checksum(json.dumps(description))
    save_file(tensors, path, metadata={"chainrule": text})


def renamed(description: Any, tensors: Any) -> None:
    description["model"]["layers"][0]["config"]["type"] = "denze"


def other_version(description: Any, tensors: Any) -> None:
    description["version"] = 99


def no_layers(description: Any, tensors: Any) -> None:
    del description["model"]["layers"]


def no_origins(description: Any, tensors: Any) -> None:
    description["origins"] = []


def nothing_untrained(description: Any, tensors: Any) -> None:
    description["origins"] = {"untrained": None}


def missing(description: Any, tensors: Any) -> None:
    del tensors["first/kernel"]


def reshaped(description: Any, tensors: Any) -> None:
    tensors["first/kernel"] = tensors["first/kernel"].T.copy()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (renamed, "Did you mean 'dense'.*If it is of a plugin"),
        (other_version, "version 99; this chainrule reads version 1"),
        (no_layers, "makes no sense"),
        (no_origins, "makes no sense"),
        (nothing_untrained, "makes no sense"),
        (missing, r"missing \['first/kernel'\]"),
        (reshaped, r"first/kernel has shape \(4, 5\) in the model and \(5, 4\)"),
    ],
)
def test_descriptions_that_do_not_fit(change: Any, message: str, path: Path) -> None:
    tamper(path, change)
    with pytest.raises(ModelFileError, match=message):
        cr.load(path)


def huge(description: Any, tensors: Any) -> None:
    description["model"]["layers"][0]["config"]["units"] = 10**14


def not_counted(description: Any, tensors: Any) -> None:
    description["training"] = {"optimizer": "gradient_descent", "step": "7", "epoch": 1}


@pytest.mark.parametrize("change", [huge, not_counted])
def test_hostile_numbers(change: Any, path: Path) -> None:
    tamper(path, change)
    with pytest.raises(ModelFileError):
        cr.load(path)


def test_a_number_too_long_to_be_read(path: Path) -> None:
    endless = f'{{"version": {"9" * 5000}}}'
    save_file({"a": np.ones(1)}, path, metadata={"chainrule": endless})
    with pytest.raises(ModelFileError, match="not JSON"):
        cr.load(path)


def test_an_error_about_a_value_does_not_blame_plugins(path: Path) -> None:
    def negative(description: Any, tensors: Any) -> None:
        description["model"]["layers"][0]["config"]["units"] = -1

    tamper(path, negative)
    with pytest.raises(ModelFileError, match=r"must be ≥ 1, got -1$"):
        cr.load(path)
