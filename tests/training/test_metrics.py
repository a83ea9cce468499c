"""Every registered metric against NumPy, for any batch size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import chainrule as cr
from chainrule.dtypes import Dtype
from chainrule.errors import ShapeError
from chainrule.execution import open_backend
from chainrule.kinds.metric import Metric
from chainrule.node import Input
from chainrule.program import Program
from chainrule.registry import registry

Array = npt.NDArray[Any]
ROWS, CLASSES = 23, 7
random = np.random.default_rng(3)
SCORES = random.normal(size=(ROWS, CLASSES)).astype(np.float32)
LABELS = random.integers(0, CLASSES, ROWS)
ONE_HOT = np.eye(CLASSES, dtype=np.float32)[LABELS]
YES = random.integers(0, 2, (ROWS, 1)).astype(np.float32)
CHANCES = random.random((ROWS, 1)).astype(np.float32)
NUMBERS = random.normal(2.0, 3.0, (ROWS, 2)).astype(np.float32)
GUESSES = NUMBERS + random.normal(size=(ROWS, 2)).astype(np.float32)


def computed(metric: Metric, target: Array, prediction: Array, size: int) -> Any:
    """Return a metric over rows, in batches of this size."""
    totals: Any = 0.0
    starts: list[int] = []
    dtype: Dtype = "int" if target.dtype.kind == "i" else "float"
    t = Input("t", (None, *target.shape[1:]), dtype)
    p = Input("p", (None, *prediction.shape[1:]))
    nodes = metric.totals(t, p)
    for start in range(0, len(target), size):
        part = slice(start, start + size)
        shapes = {t: target[part].shape, p: prediction[part].shape}
        executable = open_backend("numpy").compile(Program(totals=nodes, shapes=shapes))
        executable.put(t, target[part])
        executable.put(p, prediction[part])
        executable.run()
        totals = totals + executable.take_totals()
        starts = executable.program.total_offsets[1:-1]
    parts = np.split(totals, starts)
    forms = [[n or 1 for n in node.shape] for node in nodes]
    return metric.result(*map(np.reshape, parts, forms))


def top_k(target: Array, prediction: Array) -> float:
    labels = target if target.ndim == 1 else target.argmax(-1)
    best = np.argsort(-prediction, axis=-1)[:, :5]
    return float((best == labels[:, None]).any(-1).mean())


def r2(target: Array, prediction: Array) -> float:
    residual = ((target - prediction) ** 2).sum(0)
    return float((1 - residual / ((target - target.mean(0)) ** 2).sum(0)).mean())


def mse(t: Array, p: Array) -> float:
    return float(np.mean((t - p) ** 2))


Case = tuple[Array, Array, Callable[[Array, Array], Any]]


def f1(target: Array, prediction: Array) -> float:
    true, predicted = target > 0.5, prediction > 0.5
    return float(2 * (true & predicted).sum() / (true.sum() + predicted.sum()))


def confusion(target: Array, prediction: Array) -> Array:
    labels = target if target.ndim == 1 else target.argmax(-1)
    counts = np.zeros((CLASSES, CLASSES))
    np.add.at(counts, (labels, prediction.argmax(-1)), 1)
    return counts


def auc(target: Array, prediction: Array) -> float:
    """Return how often a yes has the higher score, by whole steps of 1/199."""
    step = np.maximum(np.ceil(prediction.astype(np.float64) * 199), 1)
    yes, no = step[target > 0.5], step[target <= 0.5]
    pairs = (yes[:, None] > no) + 0.5 * (yes[:, None] == no)
    return float(pairs.mean())


CASES: dict[str, list[Case]] = {
    "accuracy": [
        (LABELS, SCORES, lambda t, p: (t == p.argmax(-1)).mean()),
        (ONE_HOT, SCORES, lambda t, p: (t.argmax(-1) == p.argmax(-1)).mean()),
        (YES, CHANCES, lambda t, p: ((p > 0.5) == t).mean()),
        (YES * 2 - 1, CHANCES, lambda t, p: ((p > 0.5) == (t > 0)).mean()),
    ],
    "binary_accuracy": [(YES, CHANCES, lambda t, p: ((p > 0.5) == t).mean())],
    "categorical_accuracy": [
        (ONE_HOT, SCORES, lambda t, p: (t.argmax(-1) == p.argmax(-1)).mean())
    ],
    "sparse_categorical_accuracy": [
        (LABELS, SCORES, lambda t, p: (t == p.argmax(-1)).mean())
    ],
    "top_k": [(LABELS, SCORES, top_k), (ONE_HOT, SCORES, top_k)],
    "precision": [(YES, CHANCES, lambda t, p: t[p > 0.5].mean())],
    "recall": [(YES, CHANCES, lambda t, p: (p[t == 1] > 0.5).mean())],
    "f1": [(YES, CHANCES, f1), (YES * 2 - 1, CHANCES, f1)],
    "auc": [(YES, CHANCES, auc), (YES[:, 0], CHANCES[:, 0], auc)],
    "confusion_matrix": [(LABELS, SCORES, confusion), (ONE_HOT, SCORES, confusion)],
    "mape": [(NUMBERS, GUESSES, lambda t, p: 100 * (np.abs(t - p) / np.abs(t)).mean())],
    "r2": [(NUMBERS, GUESSES, r2), (NUMBERS[:, 0], GUESSES[:, 0], r2)],
    "mae": [(NUMBERS, GUESSES, lambda t, p: np.abs(t - p).mean())],
    "mse": [(NUMBERS, GUESSES, mse)],
    "rmse": [(NUMBERS, GUESSES, lambda t, p: mse(t, p) ** 0.5)],
}
BUILT_IN = [
    e.name for e in registry.entries("metrics") if e.distribution == "chainrule"
]


@pytest.mark.parametrize("size", [5, ROWS])
@pytest.mark.parametrize("name", BUILT_IN)
def test_agrees_with_numpy(name: str, size: int) -> None:
    assert name in CASES, f"write a reference for {name}"
    for target, prediction, reference in CASES[name]:
        ours = computed(cr.metrics[name], target, prediction, size)
        expected = np.asarray(reference(target, prediction), float)
        assert ours == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", ["precision", "recall", "f1", "auc"])
def test_a_quotient_with_denominator_0_is_0(name: str) -> None:
    nothing = np.zeros((4, 1), np.float32)
    assert computed(cr.metrics[name], nothing, nothing, 4) == 0.0


def test_r2_of_a_constant_target() -> None:
    flat = np.ones((4, 1), np.float32)
    assert computed(cr.metrics.r2, flat, flat, 4) == 1.0
    assert computed(cr.metrics.r2, flat, flat + 1, 4) == 0.0


@pytest.mark.parametrize(
    ("name", "target", "dtype", "instead"),
    [
        ("sparse_categorical_accuracy", (None, CLASSES), "float", "categorical_acc"),
        ("categorical_accuracy", (None,), "int", "sparse_categorical_accuracy"),
        ("binary_accuracy", (None,), "int", "sparse_categorical_accuracy"),
        ("precision", (None,), "int", "use accuracy"),
        ("mae", (None,), "int", "not for class labels"),
    ],
)
def test_a_target_of_the_wrong_form_is_rejected(
    name: str, target: tuple[int | None, ...], dtype: Any, instead: str
) -> None:
    with pytest.raises(ShapeError, match=instead):
        cr.metrics[name].totals(Input("t", target, dtype), Input("p", (None, CLASSES)))
