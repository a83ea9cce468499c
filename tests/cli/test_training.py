"""demo, train, predict: from data to a model and back."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result

import chainrule as cr
from chainrule.errors import ExecutionError
from chainrule.model.model import Model

Chainrule = Callable[..., Result]

SPIRALS = """\
[data]
dataset = "spirals"
n = 60

[[layers]]
type = "dense"
units = 8
activation = "tanh"

[[layers]]
type = "dense"
units = 2

[training]
loss = "sparse_softmax_cross_entropy"
metrics = ["accuracy"]
epochs = 2

[optimizer]
type = "adam"
lr = 0.01
"""


@pytest.fixture
def config(tmp_path: Path) -> str:
    (tmp_path / "spirals.toml").write_text(SPIRALS)
    return "spirals.toml"


def test_the_demo_learns_and_draws(chainrule: Chainrule, tmp_path: Path) -> None:
    printed = chainrule("demo", "--out", "here").output
    folder = tmp_path / "here"
    history = json.loads((folder / "history.json").read_text())
    assert history["val_accuracy"][-1] >= 0.97
    assert f"accuracy {100 * history['val_accuracy'][-1]:.2f} %" in printed
    assert str(folder) in printed
    assert {file.name for file in folder.iterdir()} == {
        "model.safetensors", "history.json", "curve.svg", "forward.svg", "forward.png",
        "backward.svg", "backward.png", "layers.svg", "layers.png",
    }  # fmt: skip
    for svg in folder.glob("*.svg"):
        assert ElementTree.parse(svg).getroot().tag.endswith("svg")
    for png in folder.glob("*.png"):
        assert png.read_bytes().startswith(b"\x89PNG")
    assert "∂" in (folder / "backward.svg").read_text()


def test_train_writes_a_model_that_predicts(
    chainrule: Chainrule, config: str, tmp_path: Path
) -> None:
    printed = chainrule("train", config).output
    folder = tmp_path / "chainrule-spirals"
    assert "trained 2 epochs on 48 examples" in printed
    assert "on 12 examples held out: accuracy" in printed
    assert json.loads((folder / "history.json").read_text()).keys() == {
        "loss", "accuracy", "val_loss", "val_accuracy",
    }  # fmt: skip
    x, y = cr.datasets.spirals(n=30)
    rows = np.column_stack([x, y])
    np.savetxt("with.csv", rows, delimiter=",")
    np.savetxt("without.csv", x, delimiter=",")
    np.savez("both.npz", x=x, y=y)
    model = str(folder / "model.safetensors")
    expected = cr.load(model).predict(x)
    results = {
        data: chainrule("predict", model, data, *options)
        for data, options in FILES.items()
    }
    assert len({result.stdout for result in results.values()}) == 1
    got = np.loadtxt(results["both.npz"].stdout.splitlines(), delimiter=",")
    assert got == pytest.approx(expected, rel=1e-4)
    assert "accuracy" in results["with.csv"].stderr
    assert results["without.csv"].stderr == ""
    classes = chainrule("predict", model, "both.npz", "--classes", "--json").stdout
    assert json.loads(classes) == expected.argmax(-1).tolist()


FILES: dict[str, tuple[str, ...]] = {
    "with.csv": ("--target", "-1"), "without.csv": (), "both.npz": (),
}  # fmt: skip


def test_predict_with_a_data_set_takes_the_part_held_out(chainrule: Chainrule) -> None:
    model = cr.Sequential([cr.layers.Dense(10)], input_shape=64)
    model.save("model.safetensors")
    printed = chainrule("predict", "model.safetensors", "digits", "--classes").stdout
    assert len(printed.splitlines()) == len(cr.datasets.digits()[1][0])


def test_predict_says_how_many_columns_there_should_be(chainrule: Chainrule) -> None:
    cr.Sequential([cr.layers.Dense(2)], input_shape=5).save("model.safetensors")
    np.savetxt("data.csv", np.zeros((2, 3)), delimiter=",")
    result = chainrule("predict", "model.safetensors", "data.csv", code=1)
    assert "data.csv has 3 columns; the model takes 5 features" in result.stderr


def test_settings_and_seeds_make_the_same_bytes(
    chainrule: Chainrule, config: str, tmp_path: Path
) -> None:
    for out in ("a", "b"):
        chainrule("train", config, "--out", out, "--set", "training.epochs=1")
    a, b = (tmp_path / out / "model.safetensors" for out in ("a", "b"))
    assert a.read_bytes() == b.read_bytes()


def test_a_mistake_in_the_configuration_has_code_2(
    chainrule: Chainrule, config: str
) -> None:
    result = chainrule("train", config, "--set", "training.epochs=0", code=2)
    assert result.stderr == (
        "error: --set training.epochs=0: training: epochs must be ≥ 1, got 0\n"
    )


@pytest.mark.parametrize("command", ["demo", "train"])
def test_a_folder_that_cannot_be_written_is_refused_before_training(
    command: str,
    chainrule: Chainrule,
    config: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fit(*arguments: Any, **options: Any) -> None:
        raise AssertionError("training began")

    monkeypatch.setattr(Model, "fit", fit)
    (tmp_path / "file").write_text("")
    arguments = [command, *([config] if command == "train" else []), "--out", "file/x"]
    result = chainrule(*arguments, code=1)
    assert "cannot write to the folder file/x" in result.stderr
    assert "--out" in result.stderr


def test_divergence_has_code_3_and_keeps_the_last_finite_model(
    chainrule: Chainrule, config: str, tmp_path: Path
) -> None:
    settings = ["layers.0.activation=relu", "training.epochs=50", "optimizer.type=sgd"]
    settings += ["optimizer.lr=1e18"]
    options = [part for setting in settings for part in ("--set", setting)]
    result = chainrule("train", config, "--out", "out", *options, code=3)
    assert "out holds what was reached" in result.stderr
    assert "error: training diverged in epoch" in result.stderr
    weights = cr.load(tmp_path / "out" / "model.safetensors").get_weights()
    assert all(np.isfinite(value).all() for value in weights.values())
    assert (tmp_path / "out" / "history.json").exists()


def test_a_profile_is_printed_and_its_trace_is_written(
    chainrule: Chainrule, config: str, tmp_path: Path
) -> None:
    printed = chainrule(
        "train", config, "--out", "out", "--profile", "--backend", "numpy"
    ).output
    assert "dense_1/matmul" in printed
    assert printed.endswith("model.safetensors, history.json, curve.svg, trace.json\n")
    trace = json.loads((tmp_path / "out" / "trace.json").read_text())
    names = [event["name"] for event in trace["traceEvents"]]
    assert names.count("dense_2/matmul") >= 2
    printed = chainrule("train", config, "--out", "plain").output
    assert "dense_1/matmul" not in printed
    assert "trace" not in printed
    assert not (tmp_path / "plain" / "trace.json").exists()


def test_a_trace_is_written_of_a_training_cut_short(
    chainrule: Chainrule, config: str, tmp_path: Path
) -> None:
    options = ["--set", "layers.0.activation=relu", "--set", "training.epochs=50",
               "--set", "optimizer.type=sgd", "--set", "optimizer.lr=1e18"]  # fmt: skip
    printed = chainrule(
        "train", config, "--out", "out", "--profile", *options, code=3
    ).output
    assert "of copy" in printed
    assert (tmp_path / "out" / "trace.json").exists()


def test_a_failure_keeps_what_was_trained_and_nothing_untrained(
    chainrule: Chainrule, config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Model.fit

    def fit(self: Model, *arguments: Any, epochs: int, **options: Any) -> Any:
        if epochs > 1:
            whole(self, *arguments, epochs=epochs, **options)
        raise ExecutionError("the device is gone")

    monkeypatch.setattr(Model, "fit", fit)
    result = chainrule("train", config, "--out", "out", code=1)
    assert "out holds what was reached" in result.stderr
    assert cr.load(tmp_path / "out" / "model.safetensors").session.state is not None
    one = ("--set", "training.epochs=1")
    result = chainrule("train", config, "--out", "none", *one, code=1)
    assert result.stderr == "error: the device is gone\n"
    assert not list((tmp_path / "none").iterdir())


def test_ctrl_c_has_code_130_and_keeps_what_was_reached(
    chainrule: Chainrule, config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Model.fit

    def fit(self: Model, *arguments: Any, **options: Any) -> Any:
        whole(self, *arguments, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(Model, "fit", fit)
    result = chainrule("train", config, "--out", "out", code=130)
    assert "out holds what was reached" in result.stderr
    assert result.stderr.endswith("interrupted\n")
    history = json.loads((tmp_path / "out" / "history.json").read_text())
    assert len(history["loss"]) == 2
    assert cr.load(tmp_path / "out" / "model.safetensors").layers
