"""Gradient checks: every gradient that is drawn against a finite difference.

A node is moved a little in a random direction v. The loss must then change by
∂J/∂(node) · v, whatever the node's shape: two evaluations check a whole matrix.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from chainrule.autodiff import Backward
from chainrule.execution.finite_differences import directional_slope
from chainrule.node import Node
from chainrule.viz.values import Values

RELATIVE, ABSOLUTE = 1e-3, 1e-7
"""How far a finite difference may be off."""


def check_gradients(
    sweep: Backward,
    nodes: Iterable[Node],
    values: Values,
    feeds: Mapping[Any, Any],
    *,
    seed: int = 0,
    training: bool = False,
) -> dict[Node, bool]:
    """Return for each node with a gradient whether a finite difference agrees."""
    rng = np.random.default_rng(0)
    agrees: dict[Node, bool] = {}
    for node in nodes:
        gradient = sweep.gradient.get(node)
        if gradient is None or gradient not in values or node is sweep.loss:
            continue
        direction = rng.standard_normal(values[node].shape)
        slope = directional_slope(
            sweep.loss, node, values[node], direction, feeds,
            seed=seed, training=training,
        )  # fmt: skip
        exact = float(np.sum(values[gradient] * direction))
        agrees[node] = bool(abs(slope - exact) <= ABSOLUTE + RELATIVE * abs(exact))
    return agrees
