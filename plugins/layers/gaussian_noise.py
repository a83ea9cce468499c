"""Gaussian noise."""

from __future__ import annotations

from chainrule import ops
from chainrule.annotations import NonNegative
from chainrule.kinds.layer import Layer
from chainrule.node import Node


class GaussianNoise(Layer):
    """y = x + ε with ε ~ N(0, stddev²) while training, y = x otherwise.

    Args:
        stddev: σ of the noise.
    """

    stddev: NonNegative

    def apply(self, x: Node) -> Node:
        return ops.training(x + self.stddev * ops.normal(x), x)
