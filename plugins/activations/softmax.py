"""Softmax and its logarithm, along one axis."""

from __future__ import annotations

from chainrule import ops
from chainrule.kinds.activation import Activation
from chainrule.node import Node


class Softmax(Activation):
    """yᵢ = e^xᵢ / Σⱼ e^xⱼ: positive numbers whose sum is 1.

    Args:
        axis: the axis of the sum; the last, as in tf.keras.
    """

    axis: int = -1

    def apply(self, x: Node) -> Node:
        return ops.softmax(x, self.axis)


class LogSoftmax(Activation):
    """yᵢ = xᵢ − ln Σⱼ e^xⱼ: the logarithm of softmax, without overflow.

    Args:
        axis: the axis of the sum; the last, as in tf.keras.
    """

    axis: int = -1

    def apply(self, x: Node) -> Node:
        return ops.log_softmax(x, self.axis)
