"""Ranking: whether the true ones have higher scores than the others."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import numpy as np

from chainrule.annotations import Range
from chainrule.errors import DataError
from chainrule.kinds.metric import Metric
from chainrule.node import Node
from chainrule.ops import (
    ceil,
    clip,
    greater,
    less,
    logical_or,
    reshape,
    scatter_add,
    stack,
    sum,
    to_float,
    to_int,
)  # fmt: skip
from chainrule.plugins.metrics.common import check_same_shape


class AUC(Metric):
    """Area under the ROC curve: how often a yes has a higher score than a no.

    Scores from 0 to 1 are counted between evenly spaced thresholds, and pairs between
    the same two of them count one half. These counts are sums, so the area does not
    depend on batches; it differs from that of all scores, sorted, by less than the
    share of such pairs. It is that of tf.keras ``AUC``. 0 where there is no yes or no
    no.

    Shapes: target and prediction alike; every element is a yes or a no.

    Args:
        num_thresholds: how many thresholds there are, 0 and 1 included.

    Raises:
        DataError: a score is below 0 or above 1.
    """

    foreign_names: ClassVar[tuple[str, ...]] = ("roc_auc", "roc_auc_score", "AUROC")
    sees: ClassVar[Literal["prediction", "decision"]] = "decision"

    num_thresholds: Annotated[int, Range(2)] = 200

    def totals(self, target: Node, prediction: Node) -> tuple[Node, ...]:
        hint = "for class labels use accuracy"
        check_same_shape(self.type_name, target, prediction, hint)
        steps = self.num_thresholds - 1
        score, yes = reshape(prediction, (-1,)), to_float(reshape(target, (-1,)) > 0.5)
        place = clip(to_int(ceil(score * steps)) - 1, 0, steps - 1)
        outside = logical_or(less(score, 0), greater(score, 1))
        counts = scatter_add(stack([yes, 1 - yes], axis=-1), place, steps)
        return counts, sum(to_float(outside))

    def result(self, *totals: Any) -> Any:
        counts, outside = totals
        if outside:
            raise DataError(
                f"{self.type_name}: scores must lie from 0 to 1, and {outside:g} of "
                f'{counts.sum():g} do not; use loss="sigmoid_cross_entropy", whose '
                "logits it takes for probabilities, or let the model end in a sigmoid"
            )
        above = np.vstack([np.cumsum(counts[::-1], axis=0)[::-1], np.zeros(2)])
        yes, no = above[0]
        if not yes or not no:
            return 0.0
        hits, alarms = above.T / [[yes], [no]]
        return np.sum((alarms[:-1] - alarms[1:]) * (hits[:-1] + hits[1:])) / 2
