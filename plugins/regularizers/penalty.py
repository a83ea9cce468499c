"""Penalties on large weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from chainrule.annotations import NonNegative
from chainrule.kinds.regularizer import Regularizer
from chainrule.node import Node, Parameter
from chainrule.ops import abs, square, sum


class L1(Regularizer):
    """J + λ Σ |w| over all weight matrices, not biases; λ = 0.01: tf.keras ``L1``."""

    foreign_options: ClassVar[Mapping[str, str]] = {"l1": "strength=…"}

    strength: NonNegative = 0.01

    def penalty(self, parameter: Parameter) -> Node:
        return _absolute(parameter, self.strength)


class L2(Regularizer):
    """J + λ Σ w² over all weight matrices, not biases; λ = 0.01: tf.keras ``L2``."""

    foreign_options: ClassVar[Mapping[str, str]] = {"l2": "strength=…"}

    strength: NonNegative = 0.01

    def penalty(self, parameter: Parameter) -> Node:
        return _squared(parameter, self.strength)


class ElasticNet(Regularizer):
    """J + λ₁ Σ |w| + λ₂ Σ w² over all weight matrices: tf.keras ``L1L2``.

    Zou, Hastie, "Regularization and variable selection via the elastic net", 2005.
    """

    foreign_names: ClassVar[tuple[str, ...]] = ("l1_l2",)

    l1: NonNegative = 0.01
    l2: NonNegative = 0.01

    def penalty(self, parameter: Parameter) -> Node:
        return _absolute(parameter, self.l1) + _squared(parameter, self.l2)


def _absolute(w: Node, strength: float) -> Node:
    return strength * sum(abs(w))


def _squared(w: Node, strength: float) -> Node:
    return strength * sum(square(w))
