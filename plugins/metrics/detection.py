"""Precision and recall: how good the answer yes is."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Literal

from chainrule.annotations import Probability
from chainrule.kinds.metric import Metric
from chainrule.node import Node
from chainrule.ops import logical_and, sum, to_float
from chainrule.plugins.metrics.common import check_same_shape


class Detection(Metric):
    """Base of shares of right yeses: define what they are a share of."""

    sees: ClassVar[Literal["prediction", "decision"]] = "decision"

    threshold: Probability = 0.5

    @abstractmethod
    def whole(self, true: Node, predicted: Node) -> Node:
        """Return the elements to count, given those that are and are predicted yes."""

    def totals(self, target: Node, prediction: Node) -> tuple[Node, ...]:
        hint = "for class labels use accuracy"
        check_same_shape(self.type_name, target, prediction, hint)
        true, predicted = target > self.threshold, prediction > self.threshold
        right = logical_and(true, predicted)
        return sum(to_float(right)), sum(to_float(self.whole(true, predicted)))

    def result(self, *totals: float) -> float:
        right, count = totals
        return right / count if count else 0.0


class Precision(Detection):
    """Share of right ones among the predicted yeses; 0 if there are none.

    Shapes: target and prediction alike; above the threshold is yes.
    """

    def whole(self, true: Node, predicted: Node) -> Node:
        return predicted


class Recall(Detection):
    """Share of predicted ones among the true yeses; 0 if there are none.

    Shapes: target and prediction alike; above the threshold is yes.
    """

    def whole(self, true: Node, predicted: Node) -> Node:
        return true
