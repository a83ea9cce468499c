"""Random values at which components are checked."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
Sizes: TypeAlias = tuple[int, ...]
"""The shape of an array."""

REAL = (-math.inf, math.inf)
"""The domain of a function that takes any number."""
REACH = 2.0
"""How far from an end of its domain a value may be, if the other end is open."""
MARGIN = 0.2
"""How near to an end of its domain a value may come."""


def bounds(domain: tuple[float, float]) -> tuple[float, float]:
    """Return the interval of a domain from which values are taken."""
    low, high = domain
    if math.isinf(low) and math.isinf(high):
        return -REACH, REACH
    low = high - REACH if math.isinf(low) else low + MARGIN
    high = low + REACH if math.isinf(high) else high - MARGIN
    return low, high


def between(
    domain: tuple[float, float], shape: Sizes, random: np.random.Generator
) -> Array:
    """Return random numbers from a domain."""
    return random.uniform(*bounds(domain), shape)


def given_or_random(x: npt.ArrayLike | None, shape: Sizes, seed: int) -> Array:
    """Return x as an array; None stands for random numbers of this shape."""
    random = np.random.default_rng(seed)
    return np.asarray(random.standard_normal(shape) if x is None else x, np.float64)
