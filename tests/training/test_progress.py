"""Progress: in a terminal, in a notebook, in a log, or not at all."""

from __future__ import annotations

import re
import sys
from typing import Any

import click
import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ChainRuleError
from chainrule.kinds.callback import Run
from chainrule.plugins.callbacks import displays
from chainrule.training.loop import Loop

random = np.random.default_rng(5)
X = random.normal(size=(23, 6)).astype(np.float32)
LABELS = random.integers(0, 3, 23)
SPARSE = "sparse_softmax_cross_entropy"


def linear() -> cr.Sequential:
    return cr.Sequential([cr.layers.Dense(3)])


def fitted(**how: Any) -> cr.Sequential:
    model = linear()
    model.fit(X, LABELS, loss=SPARSE, epochs=3, batch_size=8, **how)
    return model


@pytest.mark.parametrize("verbose", ["auto", 1])
def test_elsewhere_the_last_epoch_is_a_line(
    verbose: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    history = fitted(verbose=verbose).history
    out, err = capsys.readouterr()
    assert out == ""
    assert history is not None
    assert err == f"epoch 3/3  loss {history['loss'][-1]:.4g}\n"


def test_a_long_run_writes_a_line_every_few_seconds(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(displays.Log, "interval", 0.0)
    fitted()
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3  # one an epoch, at most
    assert re.fullmatch(r"epoch 1/3  loss [\d.]+  \d+:\d\d:\d\d left", lines[0])
    assert re.fullmatch(r"epoch 3/3  loss [\d.]+", lines[2])


@pytest.mark.parametrize("verbose", ["auto", 2, 0])
def test_lines_of_a_log_cost_no_step_anything(
    verbose: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks: list[int] = []
    steps = Loop._steps

    def counted(loop: Loop, batches: Any, first: int) -> Any:
        hooks.append(len(loop.hooks))
        return steps(loop, batches, first)

    monkeypatch.setattr(Loop, "_steps", counted)
    fitted(verbose=verbose)
    assert set(hooks) == {0}
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    fitted()
    assert hooks[-1] == 1  # a terminal shows every step


def test_a_line_for_each_epoch(capsys: pytest.CaptureFixture[str]) -> None:
    fitted(verbose=2)
    lines = capsys.readouterr().err.splitlines()
    assert [line[:9] for line in lines] == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]


def test_silence(capsys: pytest.CaptureFixture[str]) -> None:
    fitted(verbose=0)
    assert capsys.readouterr() == ("", "")


def test_progress_is_shown_once(capsys: pytest.CaptureFixture[str]) -> None:
    fitted(callbacks=[cr.callbacks.Progress(lines=True)])
    assert len(capsys.readouterr().err.splitlines()) == 3


def test_other_callbacks_leave_it(capsys: pytest.CaptureFixture[str]) -> None:
    fitted(callbacks=[cr.callbacks.History()])
    assert "epoch 3/3" in capsys.readouterr().err


def test_how_much_to_say_is_checked() -> None:
    with pytest.raises(ChainRuleError, match="verbose must be a bool or one of"):
        fitted(verbose=3)


def test_in_a_notebook_it_is_a_line_that_is_renewed() -> None:
    pytest.importorskip("ipykernel")
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    cell = """
import chainrule as cr, numpy as np
x = np.ones((8, 2))
model = cr.Sequential([cr.layers.Dense(1)])
history = model.fit(x, x[:, 0], loss="mse", epochs=3, metrics=["mae"])
"""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    nbclient.NotebookClient(notebook, kernel_name="python3", timeout=60).execute()
    (output,) = notebook.cells[0].outputs
    assert output.output_type == "display_data"
    assert output.data["text/plain"].startswith("epoch 3/3  loss ")
    assert '<progress value="3" max="3">' in output.data["text/html"]


def test_progress_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "120")
    linear().fit(X, LABELS, loss=SPARSE, epochs=3, batch_size=8)
    out = capsys.readouterr().out
    assert "epoch 3/3" in out
    assert "9/9" in out
    assert "steps/s" in out
    assert "loss " in out


@pytest.mark.parametrize(
    ("width", "there", "dropped"),
    [
        (44, ["loss "], ["val_accuracy", "━", "0:00:0", "steps/s"]),
        (60, ["loss ", "val_accuracy "], ["━", "steps/s"]),
        (80, ["loss ", "val_accuracy ", "━", "0:00:0"], ["steps/s", "val_loss"]),
        (100, ["loss ", "val_accuracy ", "━", "0:00:0", "steps/s"], ["val_loss"]),
        (200, ["val_loss ", " accuracy ", "━" * 30, "0:00:0", "steps/s", "6/6"], []),
    ],
)
def test_a_narrow_terminal_gets_fewer_columns_each_complete(
    width: int,
    there: list[str],
    dropped: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm")
    linear().fit(
        X, LABELS, loss=SPARSE, epochs=3, batch_size=12, metrics=["accuracy"],
        validation=(X, LABELS),
    )  # fmt: skip
    last = click.unstyle(capsys.readouterr().out).splitlines()[-1].split("\r")[-1]
    assert last.startswith("epoch 3/3")
    assert "…" not in last
    for part in there:
        assert part in last
    for part in dropped:
        assert part not in last


def test_ctrl_c_at_the_end_of_the_line_does_not_start_a_new_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    history = cr.callbacks.History()
    history.append({"loss": 1.2345e-5, "accuracy": 1.2345e-5})
    run = Run(model=None, history=history, last_epoch=9, steps_per_epoch=1, epoch=0,
              step=0, lr=0.1)  # fmt: skip
    for width in range(50, 100):
        monkeypatch.setenv("COLUMNS", str(width))
        progress = cr.callbacks.Progress()
        progress.begin(run)
        run.record(epoch=1, step=1, step_of_epoch=1)
        progress.end(run)
        last = click.unstyle(capsys.readouterr().out).splitlines()[-1].split("\r")[-1]
        assert "loss 1.234e-05  accuracy 1.234e-05" in last
        assert len(last.rstrip() + "^C") < width
