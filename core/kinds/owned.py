"""The parameters of a module, with the origin of their values."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.errors import DataError, ShapeError
from chainrule.kinds.initializer import Initializer
from chainrule.node import Parameter
from chainrule.shapes import shape_text


class OwnedParameter:
    """A parameter of a module, with the origin of its value.

    Attributes:
        node: the parameter.
        initializer: what draws its initial value.
        drawn: the seed and stream of the initial value; None if the value was set.
        from_data: whether the module learns it from its input before training.
    """

    __slots__ = ("drawn", "from_data", "initializer", "node")

    def __init__(
        self,
        node: Parameter,
        initializer: Initializer,
        drawn: tuple[int, str] | None,
        from_data: bool = False,
    ) -> None:
        self.node = node
        self.initializer = initializer
        self.drawn = drawn
        self.from_data = from_data

    def learn(self, value: npt.ArrayLike, label: str, dtype: np.dtype[Any]) -> None:
        """Give the parameter a value that was learned from data.

        Raises:
            DataError: the value is not finite.
            GraphError: it has another shape than the parameter.
        """
        with np.errstate(over="ignore"):  # what is too large becomes infinite
            array = np.asarray(value).astype(dtype)
        if not np.isfinite(array).all():
            wrong = array[~np.isfinite(array)][0]
            raise DataError(
                f"{label} would be {wrong}: what it is learned from is too large for "
                f'{dtype}; scale it down, or write dtype="float64"'
            )
        self.node.value = array
        self.drawn = None

    def initialize(self, seed: int, stream: str) -> None:
        """Give the parameter its initial value for a seed."""
        value = self.initializer.sample(self.node.value.shape, seed, stream)
        np.copyto(self.node.value, value)
        self.drawn = seed, stream

    @property
    def untouched(self) -> bool:
        """Whether the value is still the initial one."""
        if self.drawn is None:
            return False
        shape = self.node.value.shape
        return np.array_equal(
            self.node.value, self.initializer.sample(shape, *self.drawn)
        )


def first_value(
    initializer: Initializer, shape: tuple[int, ...], stream: str, label: str
) -> Any:
    """Return a first value for a parameter, which is shown until weights are drawn.

    Raises:
        ShapeError: it does not fit in memory.
    """
    try:
        if math.prod(shape) * np.float64().itemsize <= sys.maxsize:
            return initializer.sample(shape, seed=0, stream=stream)
    except MemoryError:
        pass
    raise ShapeError(
        f"{label}: a parameter must fit in memory, got the shape {shape_text(shape)}"
    )
