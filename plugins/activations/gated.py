"""Activations of the form x · gate(x)."""

from __future__ import annotations

import math

from chainrule import ops
from chainrule.kinds.activation import Activation
from chainrule.node import Node


class Gelu(Activation):
    """y = x Φ(x) = x/2 · (1 + erf(x/√2)) (Hendrycks & Gimpel, 2016).

    Args:
        approximate: compute x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³))) instead; off by
            default, as in tf.keras and PyTorch.
    """

    approximate: bool = False

    def apply(self, x: Node) -> Node:
        if self.approximate:
            inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x * ops.square(x))
            return 0.5 * x * (1 + ops.tanh(inner))
        return 0.5 * x * (1 + ops.erf(x / math.sqrt(2)))


class Silu(Activation):
    """y = x σ(x), also called swish (Elfwing et al., 2017)."""

    aliases = ("swish",)

    def apply(self, x: Node) -> Node:
        return x * ops.sigmoid(x)


class Mish(Activation):
    """y = x tanh(ln(1 + eˣ)) (Misra, 2019)."""

    def apply(self, x: Node) -> Node:
        return x * ops.tanh(ops.softplus(x))
