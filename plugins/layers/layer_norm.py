"""Layer normalization."""

from __future__ import annotations

from typing import ClassVar

from chainrule import ops
from chainrule.annotations import Positive
from chainrule.kinds.layer import Layer
from chainrule.node import Node
from chainrule.plugins.initializers import Ones, Zeros


class LayerNorm(Layer):
    """y = γ (x − μ) / √(σ² + ε) + β, example by example (Ba et al., 2016).

    μ and σ² are mean and variance over the last axis. Shapes: x and y (…, features),
    γ and β (features,). ε is that of `tf.keras.layers.LayerNormalization`.

    Args:
        epsilon: ε, which keeps the root from zero.

    Raises:
        ShapeError: x has another number of features than the first time.
    """

    symbols: ClassVar[dict[str, str]] = {"gamma": "γ", "beta": "β"}

    epsilon: Positive = 1e-3

    def apply(self, x: Node) -> Node:
        shape = (self.features_of(x, "gamma"),)
        gamma = self.parameter("gamma", shape, Ones())
        beta = self.parameter("beta", shape, Zeros())
        mean = ops.mean(x, -1, keepdims=True)
        variance = ops.variance(x, -1, keepdims=True)
        return gamma * (x - mean) / ops.sqrt(variance + self.epsilon) + beta
