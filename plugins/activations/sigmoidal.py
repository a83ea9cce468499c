"""Activations that saturate on both sides: sigmoid, tanh and their relatives."""

from __future__ import annotations

from chainrule import ops
from chainrule.kinds.activation import Activation
from chainrule.node import Node


class Sigmoid(Activation):
    """y = σ(x) = 1 / (1 + e⁻ˣ), in (0, 1)."""

    def apply(self, x: Node) -> Node:
        return ops.sigmoid(x)


class Tanh(Activation):
    """y = tanh(x), in (−1, 1)."""

    def apply(self, x: Node) -> Node:
        return ops.tanh(x)


class Softsign(Activation):
    """y = x / (1 + |x|), in (−1, 1) (Bergstra et al., 2009)."""

    def apply(self, x: Node) -> Node:
        return x / (1 + abs(x))


class HardSigmoid(Activation):
    """y = x/6 + ½ for −3 < x < 3, 0 below and 1 above, as in Keras 3 and PyTorch."""

    def apply(self, x: Node) -> Node:
        return ops.where(x <= -3, 0.0, ops.where(x >= 3, 1.0, x / 6 + 0.5))


class HardTanh(Activation):
    """y = x for −1 < x < 1, −1 below and 1 above (Collobert, 2004)."""

    def apply(self, x: Node) -> Node:
        return ops.where(x <= -1, -1.0, ops.where(x >= 1, 1.0, x))


class Step(Activation):
    """y = 1 where x ≥ 0, 0 elsewhere: the perceptron's threshold (Rosenblatt, 1958).

    Its derivative is 0 wherever it exists, so no gradient flows through it.
    """

    def apply(self, x: Node) -> Node:
        return ops.to_float(x >= 0)
