"""Initializers whose variance depends on the number of inputs and outputs of a unit.

With variance 1/fan_in a sum over the inputs is as large as one of them. relu lets half
of it through, so it needs 2/fan_in. 2/(fan_in + fan_out) is the compromise between the
forward and the backward pass.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.kinds.initializer import Initializer


class Scaled(Initializer):
    """Base of the initializers that scale with the shape: define `variance`."""

    @abstractmethod
    def variance(self, fan_in: float, fan_out: float) -> float:
        """Return the variance of an element."""

    def stddev(self, shape: tuple[int, ...]) -> float:
        """Return the standard deviation of an element, for a shape."""
        return math.sqrt(self.variance(*fans(shape)))


class ScaledUniform(Scaled):
    """U[−a, a) with a = σ√3."""

    def draw(
        self, shape: tuple[int, ...], random: np.random.Generator
    ) -> npt.NDArray[Any]:
        limit = math.sqrt(3) * self.stddev(shape)
        return random.uniform(-limit, limit, shape)


class ScaledNormal(Scaled):
    """N(0, σ²), truncated at two deviations and widened to keep σ (tf.keras)."""

    def draw(
        self, shape: tuple[int, ...], random: np.random.Generator
    ) -> npt.NDArray[Any]:
        values = random.standard_normal(shape)
        while (outside := np.abs(values) > 2).any():
            values[outside] = random.standard_normal(np.count_nonzero(outside))
        return values * (self.stddev(shape) / STDDEV_OF_TRUNCATED)


STDDEV_OF_TRUNCATED = 0.87962566103423978
"""The standard deviation of N(0, 1) truncated to [−2, 2]."""


class GlorotUniform(ScaledUniform):
    """Uniform with variance 2/(fan_in + fan_out) (Glorot & Bengio, 2010)."""

    aliases = ("glorot",)

    def variance(self, fan_in: float, fan_out: float) -> float:
        return 2 / (fan_in + fan_out)


class GlorotNormal(ScaledNormal):
    """Normal with variance 2/(fan_in + fan_out) (Glorot & Bengio, 2010)."""

    def variance(self, fan_in: float, fan_out: float) -> float:
        return 2 / (fan_in + fan_out)


class HeUniform(ScaledUniform):
    """Uniform with variance 2/fan_in, for relu and its relatives (He et al., 2015)."""

    def variance(self, fan_in: float, fan_out: float) -> float:
        return 2 / fan_in


class HeNormal(ScaledNormal):
    """Normal with variance 2/fan_in, for relu and its relatives (He et al., 2015)."""

    aliases = ("he",)

    def variance(self, fan_in: float, fan_out: float) -> float:
        return 2 / fan_in


class LecunUniform(ScaledUniform):
    """Uniform with variance 1/fan_in (LeCun et al., 1998)."""

    def variance(self, fan_in: float, fan_out: float) -> float:
        return 1 / fan_in


class LecunNormal(ScaledNormal):
    """Normal with variance 1/fan_in (LeCun et al., 1998), for selu."""

    aliases = ("lecun",)

    def variance(self, fan_in: float, fan_out: float) -> float:
        return 1 / fan_in


def fans(shape: tuple[int, ...]) -> tuple[float, float]:
    """Return the number of inputs and outputs of a unit, for the shape of its weights.

    The last two axes are (in, out); axes before them are a receptive field, as in a
    convolution. A vector counts as one row.
    """
    if len(shape) < 2:
        size = max(math.prod(shape), 1)
        return size, size
    field = math.prod(shape[:-2])
    return max(field * shape[-2], 1), max(field * shape[-1], 1)
