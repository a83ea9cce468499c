"""Finite differences: slopes computed from values on both sides of a point."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.data.inputs import values_for
from chainrule.execution.evaluate import evaluate
from chainrule.graph import Graph
from chainrule.node import Input, Node
from chainrule.substitution import substitute

SPACING = 1e-5
"""How far a number near 1 is moved, in float64."""

_WEIGHTS = {2: (np.array([-1, 1]), 2), 4: (np.array([1, -8, 8, -1]), 12)}
"""Number of values → their weights, and the divisor of the weighted sum."""


def central_slope(values: npt.ArrayLike, spacing: float) -> float:
    """Return the slope in the middle of equally spaced values.

    >>> central_slope([0.5**2, 1.5**2], 0.5)
    2.0

    Args:
        values: at −h and h, or at −2h, −h, h and 2h, which is exact for polynomials
            up to x⁴.
        spacing: h.
    """
    array = np.asarray(values)
    weights, divisor = _WEIGHTS[len(array)]
    return float(weights @ array) / (divisor * spacing)


def directional_slope(
    loss: Node,
    node: Node,
    at: npt.ArrayLike,
    direction: npt.NDArray[Any],
    feeds: Mapping[Any, Any],
    *,
    seed: int = 0,
    training: bool = False,
) -> float:
    """Return how fast a scalar changes when the value of a node moves.

    The node is replaced by an input, so that an intermediate result can be moved as
    well as a leaf, and parameters are not changed.

    Args:
        loss: the scalar; it depends on `node`.
        node: the node that is moved.
        at: the value it is moved from.
        direction: an array of the same shape; where it is 0 the value stays.
        feeds: values for the inputs of `loss`, by input or by name.
        seed: the seed of random ops.
        training: whether dropout and its like are active; nothing is updated.

    Raises:
        DataError: an input has no value, or a value has the wrong shape.
    """
    middle = np.asarray(at, dtype=np.float64)
    size = np.sqrt(np.mean(middle[direction != 0] ** 2)) if middle.size else 0.0
    spacing = SPACING * max(1.0, float(size))
    probe = Input("probe", middle.shape)
    (moved,) = substitute([loss], {node: probe})
    fed = values_for(Graph([loss]).inputs, [loss], feeds)
    values = [
        evaluate(
            [moved],
            {**fed, probe: middle + side * spacing * direction},
            dtype="float64",
            seed=seed,
            training=training,
            updating=False,
        )[0]
        for side in (-1, 1)
    ]
    return central_slope(np.reshape(values, -1), spacing)
