"""What several metrics need."""

from __future__ import annotations

from chainrule.errors import ShapeError
from chainrule.node import Node, describe
from chainrule.ops.reductions import Count


def size(x: Node) -> Node:
    """Return how many elements x has, as a node."""
    return Count(tuple(range(x.ndim)))(x)


def same_shape(metric: str, target: Node, prediction: Node, instead: str) -> None:
    """Refuse a target that would have to be broadcast.

    Raises:
        ShapeError: the shapes differ; says what to use `instead`.
    """
    if target.shape != prediction.shape:
        raise ShapeError(
            f"{metric}: the target is {describe(target)} and the prediction "
            f"{describe(prediction)}, but they must have one shape; {instead}"
        )
