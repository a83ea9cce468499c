"""The base of batch and layer normalization."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from chainrule import ops
from chainrule.kinds.layer import Layer
from chainrule.node import Node
from chainrule.plugins.initializers import Ones, Zeros


class AffineNormalization(Layer):
    """Base of y = γ (x − μ) / √(σ² + ε) + β: define `statistics` and a field `epsilon`.

    Shapes: x and y (…, features), γ and β (features,).
    """

    symbols: ClassVar[dict[str, str]] = {"gamma": "γ", "beta": "β"}

    @property
    @abstractmethod
    def epsilon(self) -> float:
        """ε, which keeps the root from 0."""

    @abstractmethod
    def statistics(self, x: Node) -> tuple[Node, Node]:
        """Return the mean μ and the variance σ²."""

    def apply(self, x: Node) -> Node:
        shape = (self.features_of(x, "gamma"),)
        gamma = self.parameter("gamma", shape, Ones())
        beta = self.parameter("beta", shape, Zeros())
        mean, variance = self.statistics(x)
        deviation = ops.sqrt(variance + self.epsilon).named("sigma")
        return gamma * (x - mean) / deviation + beta
