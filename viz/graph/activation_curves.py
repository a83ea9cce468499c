"""The curves of activations, as they are drawn in the boxes of units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from chainrule.errors import ChainRuleError
from chainrule.node import Input, Node
from chainrule.substitution import substitute
from chainrule.viz.graph.columns import Column
from chainrule.viz.graph.vectors import one_shape, width
from chainrule.viz.scene import ActivationCurve
from chainrule.viz.values import Values, evaluated

Numbers: TypeAlias = npt.NDArray[np.float64]

SPAN, POINTS = 4.0, 33
"""A function is drawn for sums from −SPAN to SPAN, or further if the unit's is."""


def activation_curves(
    column: Column, values: Values
) -> Sequence[ActivationCurve | None]:
    """Return the graph of g for each unit of a column, and where the unit is on it.

    Dropout is not part of it. Empty if there is nothing behind the sum, or if it cannot
    be drawn.

    Args:
        column: the units.
        values: of the sums and of g, as far as they are known.
    """
    if column.kind != "sum":
        return ()
    root, end = column.stages[0], column.node
    if column.drops:
        end = column.drops[0][1]
    if end is root or end not in column.stages:
        return ()
    shape, (z, g) = one_shape(root), (_known(node, values) for node in (root, end))
    span = np.fmax(SPAN, 1.25 * np.where(np.isfinite(z), np.abs(z), 0))
    samples = np.linspace(-1, 1, POINTS)[:, None] * span
    probe = Input("z", (None, *shape))
    try:
        (moved,) = substitute([end], {root: probe})
        found = evaluated([moved], {probe: samples.reshape(POINTS, *shape)})[moved]
    except ChainRuleError:
        return ()
    curves = found.reshape(POINTS, -1).T
    return [_scaled(*unit) for unit in zip(curves, z / span, g, strict=True)]


def _known(node: Node, values: Values) -> Numbers:
    """Return the numbers of one example; NaN where none is known."""
    array, count = values.get(node), width(node)
    if array is None or array.size < count:
        return np.full(count, np.nan)
    return array.reshape(-1)[:count].astype(np.float64)


def _scaled(curve: Numbers, z: float, g: float) -> ActivationCurve | None:
    low, high = float(curve.min()), float(curve.max())
    if not np.isfinite(high - low) or high == low:
        return None
    points = [
        (i / (POINTS - 1), (float(value) - low) / (high - low))
        for i, value in enumerate(curve)
    ]
    at = (float(z) + 1) / 2, (float(g) - low) / (high - low)
    return ActivationCurve(tuple(points), at if np.isfinite(at).all() else None)
