"""The built-in metrics."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule import hookimpl
from chainrule.kinds.metric import Metric
from chainrule.plugins.metrics.accuracy import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    TopK,
)  # fmt: skip
from chainrule.plugins.metrics.confusion import ConfusionMatrix
from chainrule.plugins.metrics.detection import Precision, Recall
from chainrule.plugins.metrics.f1 import F1
from chainrule.plugins.metrics.ranking import AUC
from chainrule.plugins.metrics.regression import MAE, MAPE, MSE, R2, RMSE


@hookimpl
def register_metrics() -> Sequence[type[Metric]]:
    """Return the built-in metrics."""
    return (
        Accuracy, BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy, TopK,
        Precision, Recall, F1, AUC, ConfusionMatrix, R2, MAE, MSE, RMSE, MAPE,
    )  # fmt: skip
