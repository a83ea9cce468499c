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
        return ops.training(noisy(x, self.stddev), x)


def noisy(x: Node, stddev: float, stream: str | None = None) -> Node:
    """Return x + σ ε, with ε ~ N(0, 1) from a stream of random numbers."""
    return x + stddev * ops.normal(x, stream)
