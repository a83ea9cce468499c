"""Batch normalization."""

from __future__ import annotations

from typing import ClassVar

from chainrule import ops
from chainrule.annotations import Fraction, Positive
from chainrule.kinds.initializer import Initializer
from chainrule.kinds.layer import Layer
from chainrule.node import Node
from chainrule.plugins.initializers import Ones, Zeros


class BatchNorm(Layer):
    """y = γ (x − μ) / √(σ² + ε) + β, feature by feature (Ioffe & Szegedy, 2015).

    While training, μ and σ² are mean and variance over the batch (and every other axis
    but the last), and running averages of them are kept; otherwise those are used.

    Shapes: x and y (batch, …, features), parameters (features,). Defaults are those of
    `tf.keras.layers.BatchNormalization`.

    Args:
        momentum: how much of a running average stays at each step.
        epsilon: ε, which keeps the root from zero.

    Raises:
        ShapeError: x has another number of features than the first time.
    """

    symbols: ClassVar[dict[str, str]] = {
        "gamma": "γ", "beta": "β", "moving_mean": "μ", "moving_variance": "v",
    }  # fmt: skip

    momentum: Fraction = 0.99
    epsilon: Positive = 1e-3

    def apply(self, x: Node) -> Node:
        shape = (self.features_of(x, "gamma"),)
        gamma = self.parameter("gamma", shape, Ones())
        beta = self.parameter("beta", shape, Zeros())
        axes = tuple(range(x.ndim - 1))
        mean = self._running("moving_mean", ops.mean(x, axes), Zeros())
        variance = self._running("moving_variance", ops.variance(x, axes), Ones())
        return gamma * (x - mean) / ops.sqrt(variance + self.epsilon) + beta

    def _running(self, name: str, batch: Node, start: Initializer) -> Node:
        """Return this batch's statistic while training, its running average else."""
        shape = (self.features_of(batch, name),)
        kept = self.parameter(name, shape, start, trainable=False)
        new = self.momentum * kept + (1 - self.momentum) * batch
        return ops.training(ops.also_update(batch, kept, new), kept)
