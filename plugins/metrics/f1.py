"""The F₁ score: precision and recall in one number."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np

from chainrule.annotations import Probability
from chainrule.errors import ShapeError
from chainrule.kinds.metric import Metric
from chainrule.node import Node, describe
from chainrule.ops import one_hot, reshape, sum, to_float
from chainrule.plugins.metrics.classes import is_single, labels_of
from chainrule.plugins.metrics.common import check_same_shape


class F1(Metric):
    """F₁ = 2 TP / (2 TP + FP + FN), the harmonic mean of precision and recall.

    As scikit-learn ``f1_score``; 0 where nothing is yes and nothing is predicted yes.
    Shapes: target and prediction alike, or for several classes target (batch, …) of
    integers and prediction (batch, …, classes).

    Args:
        average: ``"binary"``: of yes, above the threshold, for a single output.
            ``"macro"``: the mean of the scores of all classes that occur.
            ``"micro"``: of the counts of all classes together.
        threshold: of several outputs each is a yes or no of its own, above the
            threshold; None: the largest is the answer. A single output has ½.

    Raises:
        ShapeError: ``"binary"``, and there are several outputs.
    """

    foreign_names: ClassVar[tuple[str, ...]] = ("f1_score", "f_score", "fbeta_score")
    sees: ClassVar[Literal["prediction", "decision"]] = "decision"

    average: Literal["binary", "macro", "micro"] = "binary"
    threshold: Probability | None = None

    def totals(self, target: Node, prediction: Node) -> tuple[Node, ...]:
        true, predicted = self._columns(target, prediction)
        return sum(true * predicted, axis=0), sum(true, axis=0) + sum(predicted, axis=0)

    def result(self, *totals: Any) -> Any:
        right, counted = totals
        if self.average == "micro":
            right, counted = np.sum(right), np.sum(counted)
        elif self.average == "macro" and self.threshold is None:
            right, counted = right[counted > 0], counted[counted > 0]
        return np.mean(2 * right / np.maximum(counted, 1))

    def _columns(self, target: Node, prediction: Node) -> tuple[Node, Node]:
        """Return for each example and class whether it is so, and predicted."""
        single = is_single(prediction)
        if self.average == "binary" and not single:
            raise ShapeError(
                f"{self.type_name}: average='binary' is for a single output, got the "
                f"prediction {describe(prediction)}; use cr.metrics.F1(average='macro')"
                " or 'micro'"
            )
        if self.threshold is None and self.average != "binary":
            true, predicted, classes = labels_of(self.type_name, target, prediction)
            return one_hot(true, classes), one_hot(predicted, classes)
        hint = "for class labels use average='macro' without a threshold"
        check_same_shape(self.type_name, target, prediction, hint)
        threshold = 0.5 if self.threshold is None else self.threshold
        shape = (-1, 1 if single else prediction.shape[-1])
        true, predicted = (reshape(x, shape) for x in (target, prediction))
        return to_float(true > threshold), to_float(predicted > threshold)
