"""The confusion matrix: which classes are taken for which."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np

from chainrule.kinds.metric import Metric
from chainrule.node import Node
from chainrule.ops import one_hot
from chainrule.plugins.metrics.classes import labels_of


class ConfusionMatrix(Metric):
    """Counts of examples by true class (rows) and predicted class (columns).

    As scikit-learn ``confusion_matrix``, with a row for every output of the model.
    Shapes: target (batch, …) of integers or one-hot (batch, …, classes), prediction
    (batch, …, classes); of a single column, above ½ is class 1 of two. The result is an
    array of integers (classes, classes), so it is for `evaluate`.
    """

    sees: ClassVar[Literal["prediction", "decision"]] = "decision"
    is_number: ClassVar[bool] = False

    def totals(self, target: Node, prediction: Node) -> tuple[Node, ...]:
        true, predicted, classes = labels_of(self.type_name, target, prediction)
        return (one_hot(true, classes).T @ one_hot(predicted, classes),)

    def result(self, *totals: Any) -> Any:
        (counts,) = totals
        return np.rint(counts).astype(np.int64)
