"""Initializers that draw from one distribution for every shape."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.annotations import NonNegative
from chainrule.errors import HyperparameterError
from chainrule.kinds.initializer import Initializer


class Normal(Initializer):
    """N(mean, stddev²).

    Args:
        mean: μ.
        stddev: σ; 0.05 as in `tf.keras.initializers.RandomNormal`.
    """

    aliases = ("random_normal",)

    mean: float = 0.0
    stddev: NonNegative = 0.05

    def draw(
        self, shape: tuple[int, ...], random: np.random.Generator
    ) -> npt.NDArray[Any]:
        return random.normal(self.mean, self.stddev, shape)


class Uniform(Initializer):
    """U[low, high).

    Args:
        low: the lowest value; −0.05 as in `tf.keras.initializers.RandomUniform`.
        high: the bound that all values are below; 0.05 likewise.

    Raises:
        HyperparameterError: `low` is above `high`.
    """

    aliases = ("random_uniform",)

    low: float = -0.05
    high: float = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.low > self.high:
            raise HyperparameterError(
                f"Uniform(low={self.low:g}, high={self.high:g}) is empty: low must not "
                "be above high"
            )

    def draw(
        self, shape: tuple[int, ...], random: np.random.Generator
    ) -> npt.NDArray[Any]:
        return random.uniform(self.low, self.high, shape)
