"""Dropout."""

from __future__ import annotations

from typing import ClassVar

from chainrule import ops
from chainrule.annotations import Fraction
from chainrule.kinds.layer import Layer
from chainrule.node import Node


class Dropout(Layer):
    """y = x · m / (1 − rate) while training, m = 1 with probability 1 − rate, else 0.

    Otherwise y = x. What remains is scaled up while training, so the mean stays the
    same (inverted dropout, as in tf.keras; Srivastava et al., 2014). Each application
    draws a mask of its own.

    Args:
        rate: the share of elements that are dropped.
    """

    drops: ClassVar[bool] = True

    rate: Fraction

    def apply(self, x: Node) -> Node:
        return ops.training(dropped(x, self.rate), x)


def dropped(x: Node, rate: float, stream: str | None = None) -> Node:
    """Return x · m / (1 − rate), with a mask m from a stream of random numbers."""
    keep = 1 - rate
    return x * ops.bernoulli(x, keep, stream) / keep
