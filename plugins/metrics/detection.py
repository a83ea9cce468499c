"""How good a yes is: precision and recall."""

from __future__ import annotations

from chainrule.annotations import Probability
from chainrule.kinds.metric import Metric
from chainrule.node import Node
from chainrule.ops import logical_and, sum, to_float
from chainrule.plugins.metrics.common import same_shape

INSTEAD = "for class labels use accuracy"


class Precision(Metric):
    """Right yeses / all yeses that were said; 0 if none was said.

    Shapes: target and prediction alike; above the threshold means yes.
    """

    threshold: Probability = 0.5

    def totals(self, target: Node, prediction: Node) -> tuple[Node, ...]:
        same_shape(self.type_name, target, prediction, INSTEAD)
        yes, said = target > self.threshold, prediction > self.threshold
        return sum(to_float(logical_and(yes, said))), sum(to_float(said))

    def result(self, *totals: float) -> float:
        right, said = totals
        return right / said if said else 0.0


class Recall(Metric):
    """Right yeses / all that should have been yes; 0 if there are none.

    Shapes: target and prediction alike; above the threshold means yes.
    """

    threshold: Probability = 0.5

    def totals(self, target: Node, prediction: Node) -> tuple[Node, ...]:
        same_shape(self.type_name, target, prediction, INSTEAD)
        yes, said = target > self.threshold, prediction > self.threshold
        return sum(to_float(logical_and(yes, said))), sum(to_float(yes))

    def result(self, *totals: float) -> float:
        right, yes = totals
        return right / yes if yes else 0.0
