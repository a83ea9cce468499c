"""Initializers: where a parameter starts, as a function of (shape, seed, stream)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from chainrule.component import Component
from chainrule.philox import generator


class Initializer(Component, ABC):
    """Base of initializers: define `draw`.

    Shapes are (fan_in, fan_out) for kernels. Values are drawn from a counter-based
    generator keyed by seed and stream, so they are the same on every machine.
    """

    kind: ClassVar[str] = "initializers"

    @abstractmethod
    def draw(
        self, shape: tuple[int, ...], random: np.random.Generator
    ) -> npt.NDArray[Any]:
        """Return initial values, using `random` for what is random in them."""

    def sample(
        self, shape: tuple[int, ...], seed: int, stream: str
    ) -> npt.NDArray[np.float32]:
        """Return initial values for a seed and a stream name, as float32."""
        values = np.asarray(self.draw(shape, generator(seed, stream)), np.float32)
        return np.ascontiguousarray(np.broadcast_to(values, shape))
