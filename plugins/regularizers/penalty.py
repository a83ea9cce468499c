"""Penalties on large weights."""

from __future__ import annotations

from chainrule.annotations import NonNegative
from chainrule.kinds.regularizer import Regularizer
from chainrule.node import Node, Parameter
from chainrule.ops import abs, square, sum


class L1(Regularizer):
    """J + λ Σ |w| over all weight matrices, not biases; λ = 0.01: tf.keras ``L1``."""

    strength: NonNegative = 0.01

    def penalty(self, parameter: Parameter) -> Node:
        return _absolute(parameter, self.strength)


class L2(Regularizer):
    """J + λ Σ w² over all weight matrices, not biases; λ = 0.01: tf.keras ``L2``."""

    strength: NonNegative = 0.01

    def penalty(self, parameter: Parameter) -> Node:
        return _squared(parameter, self.strength)


class ElasticNet(Regularizer):
    """J + λ₁ Σ |w| + λ₂ Σ w² over all weight matrices: tf.keras ``L1L2``.

    Zou, Hastie, "Regularization and variable selection via the elastic net", 2005.
    """

    l1: NonNegative = 0.01
    l2: NonNegative = 0.01

    def penalty(self, parameter: Parameter) -> Node:
        return _absolute(parameter, self.l1) + _squared(parameter, self.l2)


def _absolute(w: Node, strength: float) -> Node:
    return strength * sum(abs(w))


def _squared(w: Node, strength: float) -> Node:
    return strength * sum(square(w))
