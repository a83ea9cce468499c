"""Batch normalization."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from chainrule import ops
from chainrule.annotations import Fraction, Positive
from chainrule.kinds.initializer import Initializer
from chainrule.node import Node
from chainrule.plugins.initializers import Ones, Zeros
from chainrule.plugins.layers.affine_normalization import AffineNormalization


class BatchNorm(AffineNormalization):
    """y = γ (x − μ) / √(σ² + ε) + β, feature by feature (Ioffe & Szegedy, 2015).

    While training, μ and σ² are mean and variance over the batch, and over every other
    axis but the last; otherwise they are running averages of these.

    Shapes: x and y (batch, …, features), parameters (features,). Defaults are those of
    `tf.keras.layers.BatchNormalization`.

    Args:
        momentum: the part of a running average that stays at each step.
        epsilon: ε, which keeps the root from 0.

    Raises:
        ShapeError: x has another number of features than in the first call.
    """

    foreign_names: ClassVar[tuple[str, ...]] = (
        "BatchNormalization", "BatchNorm1d", "BatchNorm2d",
    )  # fmt: skip
    foreign_options: ClassVar[Mapping[str, str]] = {
        "num_features": "BatchNorm(); a layer infers its inputs",
    }
    symbols: ClassVar[dict[str, str]] = {
        **AffineNormalization.symbols, "moving_mean": "μ", "moving_variance": "v",
    }  # fmt: skip

    momentum: Fraction = 0.99
    epsilon: Positive = 1e-3

    def statistics(self, x: Node) -> tuple[Node, Node]:
        axes = tuple(range(x.ndim - 1))
        mean = self._running("moving_mean", ops.mean(x, axes), Zeros())
        return mean, self._running("moving_variance", ops.var(x, axes), Ones())

    def _running(self, name: str, batch: Node, start: Initializer) -> Node:
        """Return the statistic of the batch in training, otherwise its average."""
        shape = (self.features_of(batch, name),)
        average = self.parameter(name, shape, start, trainable=False)
        new = self.momentum * average + (1 - self.momentum) * batch
        return ops.training(ops.also_update(batch, average, new), average)
