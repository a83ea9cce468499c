"""Noisy curves for regression."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from chainrule.annotations import NonNegative, PositiveInt, Seed
from chainrule.arguments import checked
from chainrule.philox import generator

Curve = Literal["sine", "cubic", "bumps", "step"]
_FUNCTIONS: dict[str, Callable[[npt.NDArray[Any]], npt.NDArray[Any]]] = {
    "sine": lambda x: np.sin(np.pi * x),
    "cubic": lambda x: 4 * x**3 - 3 * x,
    "bumps": lambda x: np.exp(-8 * (x + 0.5) ** 2) - np.exp(-32 * (x - 0.4) ** 2),
    "step": lambda x: np.where(x < 0, -0.5, 0.5),
}


@checked
def noisy_curve(
    n: PositiveInt = 200,
    *,
    curve: Curve = "sine",
    noise: NonNegative = 0.1,
    seed: Seed = 0,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return `n` points (x, f(x) + noise), x uniform in [−1, 1), in random order.

    Args:
        n: number of points.
        curve: f: ``"sine"`` is sin(πx), ``"cubic"`` 4x³ − 3x, ``"bumps"`` a broad and a
            narrow bump, ``"step"`` a step at 0.
        noise: standard deviation of the noise.
        seed: seed of the points.

    Returns:
        x and y, both float32 of shape (n, 1).
    """
    random = generator(seed, f"noisy_curve/{curve}")
    x = random.uniform(-1, 1, (n, 1))
    y = _FUNCTIONS[curve](x) + noise * random.standard_normal((n, 1))
    return x.astype(np.float32), y.astype(np.float32)
