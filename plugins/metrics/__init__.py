"""Built-in metrics."""

from __future__ import annotations

from chainrule.kinds.metric import Metric
from chainrule.plugins.metrics.accuracy import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    TopK,
)  # fmt: skip
from chainrule.plugins.metrics.detection import Precision, Recall
from chainrule.plugins.metrics.regression import MAE, MSE, R2, RMSE
from chainrule.registry.hooks import hookimpl


@hookimpl
def register_metrics() -> list[type[Metric]]:
    """Return the built-in metrics."""
    return [
        Accuracy, BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy, TopK,
        Precision, Recall, R2, MAE, MSE, RMSE,
    ]  # fmt: skip
