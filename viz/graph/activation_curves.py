"""The curves of activations, as they are drawn in the boxes of units."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chainrule.errors import ChainRuleError
from chainrule.node import Input
from chainrule.substitution import substitute
from chainrule.viz.graph.columns import Column
from chainrule.viz.graph.vectors import one_shape
from chainrule.viz.values import evaluated

Curve = tuple[tuple[float, float], ...]
FROM, TO, POINTS = -4.0, 4.0, 33
"""The sums for which a function is drawn."""


def activation_curves(column: Column) -> Sequence[Curve]:
    """Return the graph of g for each unit of a column, in a square from 0 to 1.

    Dropout is not part of it. Empty if there is nothing behind the sum, or if it cannot
    be drawn.
    """
    if column.kind != "sum":
        return ()
    root, end = column.stages[0], column.node
    if column.drops:
        end = column.drops[0][1]
    if end is root or end not in column.stages:
        return ()
    z = np.linspace(FROM, TO, POINTS)
    shape = one_shape(root)
    probe = Input("z", (None, *shape))
    samples = np.broadcast_to(z.reshape(-1, *(1,) * len(shape)), (POINTS, *shape))
    try:
        (g,) = substitute([end], {root: probe})
        found = evaluated([g], {probe: samples})[g]
    except ChainRuleError:
        return ()
    return [_scaled(y) for y in found.reshape(POINTS, -1).T]


def _scaled(y: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Curve:
    low, high = float(y.min()), float(y.max())
    if not np.isfinite(high - low) or high == low:
        return ()
    return tuple(
        (i / (POINTS - 1), (float(value) - low) / (high - low))
        for i, value in enumerate(y)
    )
