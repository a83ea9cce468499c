"""Random targets for losses."""

from __future__ import annotations

import numpy as np

from chainrule.kinds.loss import Loss
from chainrule.testing.values import Array


def sample_target(
    loss: Loss, shape: tuple[int, ...], random: np.random.Generator
) -> Array:
    """Return random targets of the kind that a loss takes."""
    if loss.target != "same":
        return random.integers(shape[-1], size=shape[:-1])
    if loss.target_range is None:
        return random.standard_normal(shape)
    return random.uniform(*loss.target_range, shape)
