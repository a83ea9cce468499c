"""Noise on the outputs of hidden layers, while training only."""

from __future__ import annotations

from chainrule.annotations import Fraction, NonNegative
from chainrule.kinds.regularizer import Regularizer
from chainrule.node import Node
from chainrule.plugins.layers.dropout import dropped
from chainrule.plugins.layers.gaussian_noise import noisy


class Dropout(Regularizer):
    """h · m / (1 − rate) on hidden layers, m = 1 with probability 1 − rate, else 0.

    `chainrule.layers.Dropout` after every hidden layer; ½ for hidden units is from
    Srivastava et al., "Dropout", 2014.

    Args:
        rate: the share of elements that are dropped.
    """

    rate: Fraction = 0.5

    def transform(self, x: Node, stream: str) -> Node:
        return dropped(x, self.rate, stream)


class GaussianNoise(Regularizer):
    """h + σ ε on every hidden layer, ε ~ N(0, 1): tf.keras ``GaussianNoise``.

    Args:
        stddev: σ.
    """

    stddev: NonNegative = 0.1

    def transform(self, x: Node, stream: str) -> Node:
        return noisy(x, self.stddev, stream)
