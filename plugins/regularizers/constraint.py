"""Constraints: weights that grow too long are shortened after each step."""

from __future__ import annotations

from chainrule.annotations import Positive
from chainrule.kinds.regularizer import Regularizer
from chainrule.node import Node
from chainrule.ops import minimum, sqrt, square, sum

EPSILON = 1e-7


class MaxNorm(Regularizer):
    """w ← w · min(‖w‖, c) / (‖w‖ + ε): the weights of each unit have norm at most c.

    The norm is taken over the first axis of a weight matrix (features, units); c = 2
    and ε = 10⁻⁷ as in tf.keras ``MaxNorm(axis=0)``.

    Args:
        limit: c.
    """

    limit: Positive = 2.0

    def constrain(self, parameter: Node) -> Node:
        norm = sqrt(sum(square(parameter), axis=0, keepdims=True))
        return parameter * (minimum(norm, self.limit) / (norm + EPSILON))
