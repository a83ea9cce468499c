"""A chainrule plugin: the data set my_thing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import chainrule as cr
import numpy as np
import numpy.typing as npt


def my_thing(
    rows: int = 200, *, seed: int = 0
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return points of a sine wave: x and y of shape (rows, 1)."""
    x = np.random.default_rng(seed).uniform(-3, 3, (rows, 1)).astype(np.float32)
    return x, np.sin(x)


@cr.hookimpl
def register_datasets() -> list[Callable[..., Any]]:
    """Register the data set."""
    return [my_thing]
