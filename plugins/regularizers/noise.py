"""Noise on the outputs of hidden layers, only while training."""

from __future__ import annotations

from chainrule.annotations import Fraction, NonNegative
from chainrule.kinds.regularizer import Regularizer
from chainrule.node import Node
from chainrule.ops import bernoulli, normal


class Dropout(Regularizer):
    """h · m / (1 − rate) on hidden layers, m = 1 with probability 1 − rate, else 0.

    What `chainrule.layers.Dropout` does in one place; rate as there, with ½ for
    hidden units from Srivastava et al., "Dropout", 2014.
    """

    rate: Fraction = 0.5

    def transform(self, x: Node, stream: str) -> Node:
        keep = 1 - self.rate
        return x * bernoulli(x, keep, stream) / keep


class GaussianNoise(Regularizer):
    """h + σ ε on every hidden layer, ε ~ N(0, 1): tf.keras ``GaussianNoise``."""

    stddev: NonNegative = 0.1

    def transform(self, x: Node, stream: str) -> Node:
        return x + self.stddev * normal(x, stream)
