"""Write docs/habits.md: what users of other frameworks write, and what happens here.

Every line is run, and what is on the page is what the software says. Run
``python tools/write_habits.py`` after changing a habit; a test compares the file.
"""

from __future__ import annotations

import contextlib
import io
import math
import os
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import chainrule as cr
from chainrule.habits import TABLE, Habit
from chainrule.habits.examples import ANSWERED, WORKING

TARGET = Path(__file__).parents[1] / "docs" / "habits.md"

HEAD = """# You know Keras, PyTorch or NumPy

What you are used to writing, and what to write here. Below, `X` and `Y` are arrays of
examples and targets, `x` is a node, `w` a parameter, `loss` a scalar node, and `model`
a `cr.Sequential`. Every line is run by a test; the messages are those that you get.

## What is different

- A model is not compiled: `model.fit(X, Y, loss="mse", optimizer="adam")`.
- Regularizers belong to `fit`, and so does early stopping, which is one of them:
  `regularizers=[cr.regularizers.L2(1e-4), cr.regularizers.EarlyStopping(patience=5)]`.
- A loss for logits has `softmax` or `sigmoid` in its name; there is no `from_logits=`.
- Nodes are expressions. `cr.grad(loss, [w])` gives expressions for the gradients, and
  `cr.evaluate([loss], {x: X})` computes numbers.
- Nothing changes once it is made: models, layers and nodes are built anew.

## What works as you know it

"""

SECTIONS = {
    "Models": ("models", "model.layers", "setting a model", "Model", "Sequential"),
    "Training": ("Model.fit", "Model.evaluate", "Model.predict", "callbacks",
                 "missing from Model.fit", "metrics", "losses", "backends", "history"),
    "Layers and optimizers": ("layers", "optimizers", "activations", "initializers",
                              "schedules", "Optimizer.minimize", "minimizer"),
    "Nodes": ("node", "setting a node", "index", "missing from Input",
              "missing from input", "missing from grad", "grad", "evaluate",
              "parameter", "constant"),
    "Functions": ("ops", "function"),
    "Diagrams": ("draw", "diagram"),
    "Imports and names": ("chainrule", "datasets"),
}  # fmt: skip
"""Title of a section → the places whose habits it lists."""


def namespace() -> dict[str, Any]:
    """Return what the lines of the table may name."""
    random = np.random.default_rng(0)
    parts = [cr.layers.Dense(3, activation="relu"), cr.layers.Dense(2)]
    x, w = cr.input("x", (4, 2)), cr.parameter("w", np.ones((4, 2)))
    return {
        "cr": cr, "np": np, "math": math, "x": x, "w": w, "loss": cr.ops.sum(x * w),
        "X": random.random((8, 4), np.float32), "Y": np.eye(2)[[0, 1] * 4],
        "labels": np.array([0, 1] * 4), "i": np.array([0, 1]), "batches": iter(()),
        "model": cr.Sequential(parts, input_shape=(4,)),
        "optimizer": cr.optimizers.Adam(),
    }  # fmt: skip


def outcome(line: str) -> Exception | None:
    """Run a line; return the error that it ends in, or None."""
    before = os.getcwd()
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(action="ignore"),
        tempfile.TemporaryDirectory() as folder,
    ):
        os.chdir(folder)
        try:
            exec(compile(line, "<habit>", "exec"), namespace())
        except Exception as error:
            return error
        finally:
            os.chdir(before)
    return None


def page() -> str:
    """Return the text of the page."""
    parts = [HEAD, "```text\n", *(f"{line}\n" for line in WORKING), "```\n"]
    parts.append("\n## What to write instead\n")
    for title, places in SECTIONS.items():
        rows = [habit for habit in TABLE if habit.place in places]
        parts += [f"\n### {title}\n\n", *table(rows_of(rows))]
    parts += ["\n### What else the messages explain\n\n", *table(answered(ANSWERED))]
    return "".join(parts)


def rows_of(habits: Iterable[Habit]) -> Iterator[tuple[str, str]]:
    """Yield what is written, with other names for it, and the message."""
    for habit in habits:
        others = [name for name in habit.names if name not in habit.example]
        also = f" (also {', '.join(map(code, others))})" if others else ""
        yield code(habit.example) + also, cell(str(outcome(habit.example)))


def answered(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield lines and the messages that they end in."""
    for line in lines:
        yield code(line), cell(str(outcome(line)))


def table(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield the lines of a table."""
    yield "| you write | chainrule says |\n|---|---|\n"
    for written, said in rows:
        yield f"| {written} | {said} |\n"


def code(text: str) -> str:
    """Return text as code in a cell of a table."""
    return f"`{text.replace('|', chr(92) + '|')}`"


def cell(text: str) -> str:
    """Return text for a cell of a table."""
    for mark in "\\|*_<>[]`":
        text = text.replace(mark, "\\" + mark)
    return text


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
    print(f"wrote {TARGET}")
