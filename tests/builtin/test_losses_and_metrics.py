"""Every loss with every metric, for any batch size, against NumPy in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import chainrule as cr
from chainrule.errors import ShapeError
from chainrule.registry import registry

Array = npt.NDArray[Any]
ROWS, CLASSES = 50, 6
random = np.random.default_rng(11)
LABELS = random.integers(0, CLASSES, ROWS)
ONE_HOT = np.eye(CLASSES)[LABELS]
YES = random.integers(0, 2, (ROWS, 1)).astype(float)
NUMBERS = random.normal(3.0, 2.0, (ROWS, 2))


def exactly(values: Array) -> Array:
    """Round to what float32 holds, so that references begin with the same numbers."""
    rounded: Array = np.asarray(values, np.float32).astype(np.float64)
    return rounded


def softmax(z: Array) -> Array:
    e = np.exp(z - z.max(-1, keepdims=True))
    shares: Array = e / e.sum(-1, keepdims=True)
    return shares


def sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


LOGITS = exactly(2 * ONE_HOT + random.normal(size=(ROWS, CLASSES)) - 0.5)
LOGIT = exactly(2 * YES - 1 + random.normal(size=(ROWS, 1)))
PROBABILITIES = exactly(softmax(LOGITS))
PROBABILITY = exactly(sigmoid(LOGIT))
NUMBERS = exactly(NUMBERS)
GUESSES = exactly(NUMBERS + random.normal(size=NUMBERS.shape))

View = tuple[Array, Array, Array]
"""Target; what compares with it; what more than ½ of means yes."""
Case = tuple[Array, Array, View]
"""Targets and predictions as they are given, and what metrics should see."""


def plain(target: Array, prediction: Array) -> Case:
    return target, prediction, (target, prediction, prediction)


MANY = plain(ONE_HOT, PROBABILITIES)
SPARSE = plain(LABELS, PROBABILITIES)
ONE = plain(YES, PROBABILITY)
REGRESSION = plain(NUMBERS, GUESSES)
CASES: dict[str, list[Case]] = {
    **{n: [REGRESSION, ONE, MANY] for n in ("mse", "mae", "huber", "log_cosh")},
    "binary_cross_entropy": [ONE, MANY],
    "categorical_cross_entropy": [MANY],
    "kl_divergence": [MANY],
    "sparse_categorical_cross_entropy": [SPARSE],
    "sigmoid_cross_entropy": [
        (YES, LOGIT, (YES, sigmoid(LOGIT), sigmoid(LOGIT))),
        (ONE_HOT, LOGITS, (ONE_HOT, sigmoid(LOGITS), sigmoid(LOGITS))),
    ],
    "softmax_cross_entropy": [
        (ONE_HOT, LOGITS, (ONE_HOT, softmax(LOGITS), softmax(LOGITS)))
    ],
    "sparse_softmax_cross_entropy": [
        (LABELS, LOGITS, (LABELS, softmax(LOGITS), softmax(LOGITS)))
    ],
    "hinge": [
        (t, z, (t, z, (z + 1) / 2))
        for y, z in ((YES, LOGIT), (ONE_HOT, LOGITS))
        for t in (y, 2 * y - 1)
    ],
}


def accuracy(v: View) -> float:
    target, _, decision = v
    if target.ndim == 1:
        return float((target == decision.argmax(-1)).mean())
    if target.shape[1] == 1:
        return binary_accuracy(v)
    return float((target.argmax(-1) == decision.argmax(-1)).mean())


def binary_accuracy(v: View) -> float:
    return float(((v[0] > 0.5) == (v[2] > 0.5)).mean())


def top_k(v: View) -> float:
    target, prediction, _ = v
    labels = target if target.ndim == 1 else target.argmax(-1)
    best = np.argsort(-prediction, axis=-1)[:, :5]
    return float((best == labels[:, None]).any(-1).mean())


def r2(v: View) -> float:
    target, prediction, _ = v
    residual = ((target - prediction) ** 2).sum(0)
    return float((1 - residual / ((target - target.mean(0)) ** 2).sum(0)).mean())


def f1(v: View) -> float:
    true, predicted = v[0] > 0.5, v[2] > 0.5
    return float(2 * (true & predicted).sum() / (true.sum() + predicted.sum()))


def auc(v: View) -> float:
    """Return the area under the ROC curve at the thresholds of tf.keras."""
    at = np.linspace(0, 1, 200)[:, None]
    at[0], at[-1] = -1e-7, 1 + 1e-7
    true, score = v[0].ravel() > 0.5, v[2].ravel()
    hits, alarms = ((score > at) & true).sum(1), ((score > at) & ~true).sum(1)
    area = np.sum((alarms[:-1] - alarms[1:]) * (hits[:-1] + hits[1:])) / 2
    return float(area / true.sum() / (~true).sum())


def confusion(v: View) -> Array:
    if v[0].ndim > 1 and v[0].shape[1] == 1:
        pairs = [(v[0] > 0.5).ravel(), (v[2] > 0.5).ravel()]
    else:
        labels = v[0] if v[0].ndim == 1 else v[0].argmax(-1)
        pairs = [labels, v[2].argmax(-1)]
    classes = max(2, v[2].shape[1])
    counts: Array = np.zeros((classes, classes), int)
    np.add.at(counts, tuple(one.astype(int) for one in pairs), 1)
    return counts


REFERENCES: dict[str, Callable[[View], Any]] = {
    "accuracy": accuracy,
    "binary_accuracy": binary_accuracy,
    "categorical_accuracy": accuracy,
    "sparse_categorical_accuracy": accuracy,
    "top_k": top_k,
    "precision": lambda v: float((v[0][v[2] > 0.5] > 0.5).mean()),
    "recall": lambda v: float((v[2][v[0] > 0.5] > 0.5).mean()),
    "mae": lambda v: float(np.abs(v[0] - v[1]).mean()),
    "mse": lambda v: float(((v[0] - v[1]) ** 2).mean()),
    "rmse": lambda v: float(((v[0] - v[1]) ** 2).mean() ** 0.5),
    "mape": lambda v: float(
        100 * (np.abs(v[0] - v[1]) / np.maximum(np.abs(v[0]), 1e-7)).mean()
    ),
    "r2": r2,
    "f1": f1,
    "auc": auc,
    "confusion_matrix": confusion,
}


FOR_LABELS = {"sparse_categorical_accuracy", "categorical_accuracy"}


def built_in(kind: str) -> list[str]:
    entries = registry.entries(kind)
    return [e.name for e in entries if e.distribution == "chainrule"]


def model_of(width: int) -> cr.Model:
    """Return a model whose prediction is its input, by which no digit is lost."""
    x = cr.input("x", (None, width))
    return cr.Model(x, cr.ops.identity(x))


DO_NOT_FIT: dict[str, set[int]] = {
    "categorical_accuracy": {0, 1},
    "sparse_categorical_accuracy": {1, 2, CLASSES},
    "top_k": {1, 2},
    **{m: {0} for m in REFERENCES if m not in {"accuracy", "top_k", *FOR_LABELS}},
    "f1": {0, 2, CLASSES},
    "confusion_matrix": set(),
}
"""Metrics that reject targets with so many columns; labels have 0."""


@pytest.mark.parametrize("backend", ["numpy", "opencl"])
@pytest.mark.parametrize("loss", built_in("losses"))
def test_metrics_see_what_they_mean(loss: str, backend: str) -> None:
    assert loss in CASES, f"write down what its predictions mean: {loss}"
    for target, prediction, view in CASES[loss]:
        columns = target.shape[1] if target.ndim > 1 else 0
        metrics = [m for m in REFERENCES if columns not in DO_NOT_FIT.get(m, ())]
        assert {"accuracy"} <= set(metrics)
        if view[2].min() < 0 or view[2].max() > 1:
            metrics = [m for m in metrics if m != "auc"]  # which has a test of its own
        expected = {name: REFERENCES[name](view) for name in metrics}
        model = model_of(prediction.shape[1])
        for size in (1, 7, 32) if backend == "numpy" else (7,):
            found = model.evaluate(
                prediction, target, loss=loss, metrics=metrics, batch_size=size,
                backend=backend,
            )  # fmt: skip
            assert {*found.keys()} == {"loss", *expected}
            for name, number in expected.items():
                assert found[name] == pytest.approx(number, rel=1e-6), (name, size)


def test_every_metric_has_a_reference() -> None:
    assert set(built_in("metrics")) <= set(REFERENCES)


@pytest.mark.parametrize(
    ("metric", "columns"), [(m, c) for m, bad in DO_NOT_FIT.items() for c in bad]
)
def test_metrics_that_do_not_fit_say_what_does(metric: str, columns: int) -> None:
    target, prediction, loss = {
        0: (LABELS, LOGITS, "sparse_softmax_cross_entropy"),
        1: (YES, LOGIT, "hinge"),
        2: (NUMBERS, GUESSES, "mse"),
        CLASSES: (ONE_HOT, LOGITS, "softmax_cross_entropy"),
    }[columns]
    with pytest.raises(ShapeError, match=r"use |take k|leave it out|not for class"):
        model_of(prediction.shape[1]).evaluate(
            prediction, target, loss=loss, metrics=[metric]
        )


@pytest.mark.parametrize("backend", ["numpy", "opencl"])
@pytest.mark.parametrize("size", [1, 32, 300])
@pytest.mark.parametrize("mean", [1e4, -3e5, 0.0])
def test_large_numbers_cost_r2_no_digits(mean: float, size: int, backend: str) -> None:
    target = exactly(mean + random.normal(0, 10.0, (300, 2)) * [1, 5])
    guess = exactly(target + random.normal(0, 1.0, (300, 2)))
    expected = r2((target, guess, guess))
    model = model_of(2)
    found = model.evaluate(
        guess, target, loss="mse", metrics=["r2"], batch_size=size, backend=backend
    )["r2"]
    assert found == pytest.approx(expected, abs=1e-6)
    assert expected > 0.97


def test_r2_in_training_is_that_of_all_rows() -> None:
    target = exactly(1e4 + random.normal(0, 10.0, (64, 1)))
    model = cr.Sequential([cr.layers.Dense(1, kernel_initializer="ones")])
    for size in (1, 7, 64):
        history = model.fit(
            target - 1, target, loss="mse", metrics=["r2"], batch_size=size,
            optimizer=cr.optimizers.SGD(lr=1e-30), validation=(target - 2, target),
        )  # fmt: skip
        spread = np.square(target - target.mean()).sum()
        assert history["r2"][0] == pytest.approx(1 - 64 / spread, abs=1e-6)
        assert history["val_r2"][0] == pytest.approx(1 - 4 * 64 / spread, abs=1e-6)


def test_ranks_are_those_of_logits_not_of_rounded_probabilities() -> None:
    z = np.array([[500.0, 0.0, -200.0, -100.0]])
    options: dict[str, Any] = {
        "loss": "softmax_cross_entropy", "metrics": [cr.metrics.TopK(k=3)]
    }  # fmt: skip
    third, last = np.eye(4)[[3]], np.eye(4)[[2]]
    assert model_of(4).evaluate(z, third, **options)["top_k"] == 1
    assert model_of(4).evaluate(z, last, **options)["top_k"] == 0


def test_a_metric_of_ones_own_sees_probabilities() -> None:
    class Surprise(cr.Metric):
        def totals(self, target: cr.Node, prediction: cr.Node) -> tuple[cr.Node, ...]:
            return cr.ops.sum(cr.ops.log(prediction) * target), cr.ops.sum(target)

        def result(self, *totals: float) -> float:
            return -totals[0] / totals[1]

    measured = model_of(CLASSES).evaluate(
        LOGITS, ONE_HOT, loss="softmax_cross_entropy", metrics=[Surprise()]
    )
    assert measured["surprise"] == pytest.approx(measured["loss"], rel=1e-6)
