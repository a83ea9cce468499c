"""Layer normalization."""

from __future__ import annotations

from typing import ClassVar

from chainrule import ops
from chainrule.annotations import Positive
from chainrule.node import Node
from chainrule.plugins.layers.affine_normalization import AffineNormalization


class LayerNorm(AffineNormalization):
    """y = γ (x − μ) / √(σ² + ε) + β, example by example (Ba et al., 2016).

    μ and σ² are mean and variance over the last axis. Shapes: x and y (…, features),
    γ and β (features,). ε is that of `tf.keras.layers.LayerNormalization`.

    Args:
        epsilon: ε, which keeps the root from 0.

    Raises:
        ShapeError: x has another number of features than in the first call.
    """

    foreign_names: ClassVar[tuple[str, ...]] = ("LayerNormalization",)

    epsilon: Positive = 1e-3

    def statistics(self, x: Node) -> tuple[Node, Node]:
        mean = ops.mean(x, -1, keepdims=True).named("mu")
        return mean, ops.mean(ops.square(x - mean), -1, keepdims=True)
