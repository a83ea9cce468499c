"""F1, AUC and the confusion matrix: their options, their limits, and arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import chainrule as cr
from chainrule.errors import (
    ChainRuleError,
    DataError,
    GraphError,
    HyperparameterError,
    ShapeError,
)

Array = npt.NDArray[Any]
ROWS, CLASSES = 90, 5
random = np.random.default_rng(7)
LABELS = random.integers(0, CLASSES - 1, ROWS)
SCORES = random.normal(size=(ROWS, CLASSES)) + 2 * np.eye(CLASSES)[LABELS]
SCORES[:, -1] = -9.0  # the last class neither occurs nor is predicted
FLAGS = random.integers(0, 2, (ROWS, 3)).astype(float)
FLAGS[:, 1] = 0.0
CHANCES = np.clip(FLAGS * 0.3 + 0.7 * random.random((ROWS, 3)), 0, 1)
CHANCES[:, 1] = 0.1


def measured(target: Array, prediction: Array, metric: Any, **options: Any) -> Any:
    """Return a metric of predictions; `options` go to evaluate."""
    x = cr.input("x", (None, prediction.shape[1]))
    model = cr.Model(x, cr.ops.identity(x))
    loss = "sparse_softmax_cross_entropy" if target.ndim == 1 else "mse"
    found = model.evaluate(
        prediction, target, **{"loss": loss, "metrics": [metric], **options}
    )
    found.pop("loss")
    (result,) = found.values()
    return result


def f1_by_class(true: Array, predicted: Array) -> Array:
    """Return 2 TP / (2 TP + FP + FN) for each column, NaN where nothing counts."""
    hits = (true & predicted).sum(0)
    wrong = (true ^ predicted).sum(0)
    with np.errstate(invalid="ignore"):
        scores: Array = 2 * hits / (2 * hits + wrong)
    return scores


@pytest.mark.parametrize("backend", ["numpy", "opencl"])
@pytest.mark.parametrize("size", [1, 7, ROWS])
def test_f1_of_several_classes(backend: str, size: int) -> None:
    options = {"backend": backend, "batch_size": size}
    every = np.arange(CLASSES)
    predicted = SCORES.argmax(-1)
    scores = f1_by_class(LABELS[:, None] == every, predicted[:, None] == every)
    macro, micro = cr.metrics.F1(average="macro"), cr.metrics.F1(average="micro")
    found = measured(LABELS, SCORES, macro, **options)
    assert found == pytest.approx(np.nanmean(scores))  # of the classes that occur
    found = measured(LABELS, SCORES, micro, **options)
    assert found == pytest.approx((predicted == LABELS).mean())


def test_f1_of_several_flags() -> None:
    true, predicted = FLAGS > 0.5, CHANCES > 0.4
    scores = np.nan_to_num(f1_by_class(true, predicted))  # a flag that is never set: 0
    macro = cr.metrics.F1(average="macro", threshold=0.4)
    assert measured(FLAGS, CHANCES, macro) == pytest.approx(scores.mean())
    micro = cr.metrics.F1(average="micro", threshold=0.4)
    both = f1_by_class(true.reshape(-1, 1), predicted.reshape(-1, 1))
    assert measured(FLAGS, CHANCES, micro) == pytest.approx(both[0])


def test_f1_of_a_single_output_says_that_it_is_for_one() -> None:
    with pytest.raises(ShapeError, match=r"F1\(average='macro'\)"):
        measured(LABELS, SCORES, "f1")
    flat = measured(FLAGS[:, :1], CHANCES[:, :1], cr.metrics.F1(average="macro"))
    true, predicted = FLAGS[:, :1] > 0.5, CHANCES[:, :1] > 0.5
    no_yes = np.hstack([f1_by_class(true, predicted), f1_by_class(~true, ~predicted)])
    assert flat == pytest.approx(no_yes.mean())


@pytest.mark.parametrize("backend", ["numpy", "opencl"])
def test_auc_does_not_depend_on_batches(backend: str) -> None:
    yes, chance = FLAGS[:, :1], CHANCES[:, :1]
    exact = (chance[yes > 0] > chance[yes == 0][:, None]).mean()
    found = {
        measured(yes, chance, "auc", batch_size=size, backend=backend)
        for size in (1, 7, 32, ROWS)
    }
    assert len(found) == 1
    assert found.pop() == pytest.approx(exact, abs=2e-3)
    many = cr.metrics.AUC(num_thresholds=100_001)
    assert measured(yes, chance, many, backend=backend) == pytest.approx(exact, 1e-5)


def test_auc_at_the_ends() -> None:
    yes = np.array([[0.0], [0.0], [1.0], [1.0]])
    assert measured(yes, yes, "auc") == 1.0
    assert measured(yes, 1 - yes, "auc") == 0.0
    assert measured(yes, 0 * yes, "auc") == 0.5
    with pytest.raises(HyperparameterError, match="num_thresholds"):
        cr.metrics.AUC(num_thresholds=1)


def test_auc_of_scores_that_are_not_probabilities_is_refused() -> None:
    yes = np.array([[0.0], [1.0]])
    with pytest.raises(DataError, match=r"1 of 2 do not.*sigmoid_cross_entropy"):
        measured(yes, yes * 3, "auc")
    assert measured(yes, yes * 3, "auc", loss="sigmoid_cross_entropy") == 1.0


@pytest.mark.parametrize("backend", ["numpy", "opencl"])
@pytest.mark.parametrize("size", [4, ROWS])
def test_confusion_matrix(backend: str, size: int) -> None:
    expected = np.zeros((CLASSES, CLASSES), int)
    np.add.at(expected, (LABELS, SCORES.argmax(-1)), 1)
    options = {"backend": backend, "batch_size": size}
    found = measured(LABELS, SCORES, "confusion_matrix", **options)
    assert found.dtype == np.int64
    np.testing.assert_array_equal(found, expected)
    assert expected.trace() < ROWS


def test_an_array_is_not_for_the_history() -> None:
    model = cr.Sequential([cr.layers.Dense(CLASSES)])
    with pytest.raises(HyperparameterError, match=r"model\.evaluate\(x, y, metrics="):
        model.fit(
            SCORES, LABELS, loss="sparse_softmax_cross_entropy",
            metrics=["confusion_matrix"],
        )  # fmt: skip


class PerColumn(cr.Metric):
    """The mean error of each column, which is not one number."""

    def totals(self, target: cr.Node, prediction: cr.Node) -> tuple[cr.Node, ...]:
        return (cr.ops.sum(prediction - target, axis=0),)

    def result(self, *totals: Any) -> Any:
        return totals[0]


class PerRow(PerColumn):
    def totals(self, target: cr.Node, prediction: cr.Node) -> tuple[cr.Node, ...]:
        return (cr.ops.sum(prediction - target, axis=1),)


@pytest.mark.parametrize(
    ("metric", "error", "match"),
    [
        (PerColumn(), DataError, "is_number = False"),
        (PerRow(), GraphError, "take its sum over axis 0"),
    ],
)
def test_metrics_that_return_something_else(
    metric: cr.Metric, error: type[ChainRuleError], match: str
) -> None:
    with pytest.raises(error, match=match):
        measured(FLAGS, CHANCES, metric)


@pytest.mark.parametrize("backend", ["numpy", "opencl"])
def test_a_metric_of_an_array_of_sums(backend: str) -> None:
    class Bias(PerColumn):
        is_number = False

    found = measured(FLAGS, CHANCES, Bias(), batch_size=8, backend=backend)
    np.testing.assert_allclose(found, (CHANCES - FLAGS).sum(0), rtol=1e-5)
