"""Initializers that are not random."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.errors import HyperparameterError
from chainrule.kinds.initializer import Initializer


class Zeros(Initializer):
    """0 for every element."""

    def draw(
        self, shape: tuple[int, ...], random: np.random.Generator
    ) -> npt.NDArray[Any]:
        return np.zeros(shape)


class Ones(Initializer):
    """1 for every element."""

    def draw(
        self, shape: tuple[int, ...], random: np.random.Generator
    ) -> npt.NDArray[Any]:
        return np.ones(shape)


class Constant(Initializer):
    """The given values.

    Args:
        value: one number for all elements, or one for each along the last axis.

    Raises:
        HyperparameterError: the number of values is not the length of the last axis.
    """

    value: float | tuple[float, ...]

    def draw(
        self, shape: tuple[int, ...], random: np.random.Generator
    ) -> npt.NDArray[Any]:
        value = np.asarray(self.value)
        if value.ndim and value.shape != shape[-1:]:
            raise HyperparameterError(
                f"Constant(value=…) has {value.size} values for the shape {shape}; "
                "give one number, or one for each along the last axis"
            )
        return np.broadcast_to(value, shape)
