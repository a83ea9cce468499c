"""Initializers: the initial values of a parameter, from (shape, seed, stream)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from chainrule.component import Component
from chainrule.errors import ComponentError, shown
from chainrule.philox import generator


class Initializer(Component, ABC):
    """Base of initializers: define `draw`.

    A weight matrix has the shape (fan_in, fan_out). Values are drawn from a
    counter-based generator keyed by seed and stream, so every machine draws the same.
    """

    kind: ClassVar[str] = "initializers"
    foreign_options: ClassVar[Mapping[str, str]] = {"seed": "model.fit(…, seed=…)"}
    foreign_methods: ClassVar[Mapping[str, str]] = {"call": "draw"}

    @abstractmethod
    def draw(
        self, shape: tuple[int, ...], random: np.random.Generator
    ) -> npt.NDArray[Any]:
        """Return initial values of a shape, with `random` as the only randomness."""

    def sample(
        self, shape: tuple[int, ...], seed: int, stream: str
    ) -> npt.NDArray[np.float32]:
        """Return the initial values for a seed and the name of a stream, as float32.

        Raises:
            ComponentError: `draw` returns something else.
        """
        drawn = self.draw(shape, generator(seed, stream))
        try:
            values = np.asarray(drawn, np.float32)
            whole = np.broadcast_to(values, shape)
        except (TypeError, ValueError):
            whole = None
        if drawn is None or whole is None:
            raise ComponentError(
                f"{type(self).__name__}.draw must return numbers of shape {shape}, got "
                f"{shown(drawn)}"
            )
        return np.array(whole, order="C")
