"""Helpers that several metrics share."""

from __future__ import annotations

from chainrule.errors import ShapeError
from chainrule.kinds.metric import Metric
from chainrule.node import Node, describe
from chainrule.ops.reductions import Count


class Mean(Metric):
    """Base of metrics whose totals are a sum and the number of its terms."""

    def result(self, *totals: float) -> float:
        total, count = totals
        return total / count


def size(x: Node) -> Node:
    """Return the number of elements of x, as a node."""
    return Count(tuple(range(x.ndim)))(x)


def check_same_shape(metric: str, target: Node, prediction: Node, hint: str) -> None:
    """Reject a target that would have to be broadcast.

    Args:
        metric: the name of the metric, for the message.
        target: the target.
        prediction: the prediction.
        hint: what to use for other targets, for the message.

    Raises:
        ShapeError: the shapes differ.
    """
    if target.shape != prediction.shape:
        raise ShapeError(
            f"{metric}: the target must have the shape of the prediction "
            f"{describe(prediction)}, got {describe(target)}; {hint}"
        )
