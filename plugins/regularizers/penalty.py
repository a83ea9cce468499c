"""Penalties: large weights cost something."""

from __future__ import annotations

from chainrule.annotations import NonNegative
from chainrule.kinds.regularizer import Regularizer
from chainrule.node import Node, Parameter
from chainrule.ops import abs, square, sum


class L1(Regularizer):
    """J + λ Σ |w| over every kernel; biases are free. λ = 0.01: tf.keras ``L1``."""

    strength: NonNegative = 0.01

    def penalty(self, parameter: Parameter) -> Node:
        return self.strength * sum(abs(parameter))


class L2(Regularizer):
    """J + λ Σ w² over every kernel; biases are free. λ = 0.01: tf.keras ``L2``."""

    strength: NonNegative = 0.01

    def penalty(self, parameter: Parameter) -> Node:
        return self.strength * sum(square(parameter))


class ElasticNet(Regularizer):
    """J + λ₁ Σ |w| + λ₂ Σ w² over every kernel: tf.keras ``L1L2``.

    Zou, Hastie, "Regularization and variable selection via the elastic net", 2005.
    """

    l1: NonNegative = 0.01
    l2: NonNegative = 0.01

    def penalty(self, parameter: Parameter) -> Node:
        absolute = self.l1 * sum(abs(parameter))
        return absolute + self.l2 * sum(square(parameter))
