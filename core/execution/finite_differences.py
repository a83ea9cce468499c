"""Finite differences: the slope of a function, from its values to both sides."""

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

STEP = 1e-5
"""How far a number near 1 is moved in float64."""

_WEIGHTS = {2: (np.array([-1, 1]), 2), 4: (np.array([1, -8, 8, -1]), 12)}
"""Number of values → their weights, and what the sum is divided by."""


def central_slope(values: npt.ArrayLike, step: float) -> float:
    """Return the slope in the middle of values that stand around it.

    >>> central_slope([0.5**2, 1.5**2], 0.5)
    2.0

    Args:
        values: at −h and h, or at −2h, −h, h and 2h, which is exact for polynomials
            up to x⁴.
        step: h.
    """
    array = np.asarray(values)
    weights, divisor = _WEIGHTS[len(array)]
    return float(weights @ array) / (divisor * step)


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

    An input takes the place of the node, so that an intermediate result can be moved
    as well as a leaf, and parameters are not touched.

    Args:
        loss: the scalar; it depends on `node`.
        node: what is moved.
        at: its value.
        direction: where to, an array of the same shape. Its zeros stay where they are.
        feeds: values for the inputs of `loss`, by input or by name.
        seed: of the random numbers.
        training: whether dropout and its like are active.

    Raises:
        DataError: an input has no value, or a value has the wrong shape.
    """
    middle = np.asarray(at, dtype=np.float64)
    size = np.sqrt(np.mean(middle[direction != 0] ** 2)) if middle.size else 0.0
    step = STEP * max(1.0, float(size))
    probe = Input("probe", middle.shape)
    (moved,) = substitute([loss], {node: probe})
    fed = values_for(Graph([loss]).inputs, [loss], feeds)
    values = [
        evaluate(
            [moved],
            {**fed, probe: middle + side * step * direction},
            dtype="float64",
            seed=seed,
            training=training,
        )[0]
        for side in (-1, 1)
    ]
    return central_slope(np.reshape(values, -1), step)
