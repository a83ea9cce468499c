"""A chainrule plugin: the initializer my_thing."""

from __future__ import annotations

import chainrule as cr
import numpy as np
import numpy.typing as npt
from chainrule.annotations import Positive


class MyThing(cr.Initializer):
    """Numbers ±s with random signs.

    Args:
        size: s.
    """

    size: Positive = 0.1

    def draw(
        self, shape: tuple[int, ...], random: np.random.Generator
    ) -> npt.NDArray[np.float64]:
        return np.where(random.random(shape) < 0.5, -self.size, self.size)


@cr.hookimpl
def register_initializers() -> list[type[cr.Initializer]]:
    """Register the initializer."""
    return [MyThing]
