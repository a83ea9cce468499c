"""Dropout."""

from __future__ import annotations

from typing import ClassVar

from chainrule import ops
from chainrule.annotations import Fraction
from chainrule.kinds.layer import Layer
from chainrule.node import Node


class Dropout(Layer):
    """y = x · m / (1 − rate) while training, m = 1 with probability 1 − rate, else 0.

    Otherwise y = x: what is left is scaled up while training, so that the mean stays
    the same (inverted dropout, as in tf.keras; Srivastava et al., 2014). Each
    application draws masks of its own.

    Args:
        rate: the part of the elements that is dropped.
    """

    drops: ClassVar[bool] = True

    rate: Fraction

    def apply(self, x: Node) -> Node:
        keep = 1 - self.rate
        return ops.training(x * ops.bernoulli(x, keep) / keep, x)
