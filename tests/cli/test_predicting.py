"""predict: which columns and which arrays of a file are taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

import chainrule as cr

Chainrule = Callable[..., Result]

CONFIG = """\
[data]
dataset = "load_csv"
path = "train.csv"

[[layers]]
type = "dense"
units = 3

[training]
loss = "sparse_softmax_cross_entropy"
epochs = 1
"""
NAMES = ("label", "a", "b")
MODEL = "out/model.safetensors"


def numbers(n: int = 12) -> np.ndarray:
    """Return a label from 0 to 2, and two columns that are nothing like labels."""
    rng = np.random.default_rng(0)
    return np.column_stack([np.arange(n) % 3, rng.normal(size=(n, 2)) * 5])


def table(file: str, values: np.ndarray, names: Sequence[str] = ()) -> None:
    np.savetxt(
        file, values, delimiter=",", header=",".join(names), comments="", fmt="%.6f"
    )


def train(chainrule: Chainrule, target: str, names: Sequence[str] = NAMES) -> cr.Model:
    table("train.csv", numbers(), names)
    Path("net.toml").write_text(
        CONFIG.replace("[[layers]]", f"target = {target}\n[[layers]]")
    )
    chainrule("train", "net.toml", "--out", "out")
    return cr.load(MODEL)


def predicted(model: cr.Model) -> str:
    """Return what is to be printed for what stands in `numbers`."""
    x = np.array([[float(f"{v:.6f}") for v in row] for row in numbers()[:, 1:]])
    rows = model.predict(x.astype(np.float32))
    return "".join(",".join(f"{v:.6g}" for v in row) + "\n" for row in rows)


def test_targets_in_the_first_column_are_remembered_by_name(
    chainrule: Chainrule,
) -> None:
    model = train(chainrule, '"label"')
    values = numbers()
    files = {
        "train.csv": (values, NAMES),
        "turned.csv": (values[:, [2, 0, 1]], ("b", "label", "a")),
        "with_id.csv": (
            np.column_stack([values[:, 1:], values[:, 0]]),
            ("a", "b", "i"),
        ),
        "unnamed.csv": (values, ()),
        "inputs.csv": (values[:, 1:], ()),
        "renamed.csv": (values, ("label", "c", "d")),
    }
    for file, (written, names) in files.items():
        table(file, written, names)
        result = chainrule("predict", MODEL, file)
        assert result.stdout == predicted(model), file
        assert ("loss" in result.stderr) == (file not in ("with_id.csv", "inputs.csv"))


def test_targets_without_a_name_are_remembered_by_number(chainrule: Chainrule) -> None:
    model = train(chainrule, "0", ())
    assert chainrule("predict", MODEL, "train.csv").stdout == predicted(model)
    table("named.csv", numbers(), NAMES)
    assert chainrule("predict", MODEL, "named.csv").stdout == predicted(model)


@pytest.mark.parametrize("target", ["0", "label", "-3"])
def test_targets_can_be_named(chainrule: Chainrule, target: str) -> None:
    model = cr.Sequential([cr.layers.Dense(3)], input_shape=2)
    model.save("model.safetensors")
    table("data.csv", numbers(), NAMES)
    result = chainrule("predict", "model.safetensors", "data.csv", "--target", target)
    assert result.stdout == predicted(model)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "write --target 0 if it is the first, --target -1 if it is the last"),
        (
            NAMES,
            "write --target label if it is the first, --target b if it is the last",
        ),
    ],
)
def test_what_may_be_two_things_is_asked(
    chainrule: Chainrule, names: Sequence[str], message: str
) -> None:
    cr.Sequential([cr.layers.Dense(3)], input_shape=2).save("model.safetensors")
    table("data.csv", numbers(), names)
    result = chainrule("predict", "model.safetensors", "data.csv", code=1)
    assert "data.csv has 3 columns, one more than the 2 features" in result.stderr
    assert message in result.stderr


def test_the_target_by_name_is_not_there(chainrule: Chainrule) -> None:
    train(chainrule, '"label"')
    table("data.csv", numbers(), ("class", "c", "d"))
    result = chainrule("predict", MODEL, "data.csv", code=1)
    assert "write --target class if it is the first" in result.stderr
    options = ("--target", "clas")
    result = chainrule("predict", MODEL, "data.csv", *options, code=1)
    assert "no column 'clas'. Did you mean 'class'?" in result.stderr
    result = chainrule("predict", MODEL, "digits", *options, code=1)
    assert "--target needs a CSV file, got digits" in result.stderr


@pytest.mark.parametrize(
    "record",
    [
        {"target": 9, "columns": ["a"]},
        {"target": "a"},
        [],
        {"target": 9, "columns": None},
    ],
)
def test_nonsense_in_a_model_file_is_as_if_it_were_not_there(
    chainrule: Chainrule, record: object
) -> None:
    model = cr.Sequential([cr.layers.Dense(3)], input_shape=2)
    model.metadata["csv"] = record
    model.save("model.safetensors")
    table("data.csv", numbers())
    result = chainrule("predict", "model.safetensors", "data.csv", code=1)
    assert "it is unclear which holds the targets" in result.stderr


def test_of_four_arrays_the_test_part_is_taken(chainrule: Chainrule) -> None:
    model = cr.Sequential([cr.layers.Dense(3)], input_shape=2)
    model.save("model.safetensors")
    x, y = numbers()[:, 1:], numbers()[:, 0]
    np.savez("four.npz", x_train=x, y_train=y, x_test=x[:4], y_test=y[:4])
    np.savez("x.npz", x=x[:4])
    np.savez("none.npz", a=x)
    four = chainrule("predict", "model.safetensors", "four.npz")
    assert four.stdout == chainrule("predict", "model.safetensors", "x.npz").stdout
    assert four.stderr == "predicting for x_test, y_test: 4 examples\n"
    result = chainrule("predict", "model.safetensors", "none.npz", code=1)
    assert "the file holds a; call the arrays x and y, or x_train" in result.stderr


def test_labels_from_the_wrong_column_name_the_column(chainrule: Chainrule) -> None:
    values = numbers()
    values[:, 2] = np.arange(len(values)) + 100
    table("train.csv", values, NAMES)
    Path("net.toml").write_text(CONFIG)
    result = chainrule("train", "net.toml", code=1)
    assert "y has label" in result.stderr
    assert "The last column of train.csv was taken as y" in result.stderr
    assert 'write target = "NAME"' in result.stderr
    result = chainrule("train", "net.toml", "--set", "data.target=b", code=1)
    assert "y has label" in result.stderr
    assert "was taken as y" not in result.stderr


def test_train_runs_on_the_backend_that_is_named(chainrule: Chainrule) -> None:
    table("train.csv", numbers(), NAMES)
    Path("net.toml").write_text(CONFIG.replace("[[", "target = 0\n[[", 1))
    result = chainrule("train", "net.toml", "--backend", "nmpy", code=1)
    assert "Did you mean 'numpy'?" in result.stderr
    setting = ("--set", "training.backend=nmpy")
    chainrule("train", "net.toml", *setting, "--backend", "numpy")
