"""Is the gradient right? Every one that is drawn, held against a finite difference.

A node is pushed a little in a random direction v. The loss must then change by
∂J/∂(node) · v, whatever the node's shape: two evaluations check a whole matrix.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from chainrule.autodiff import Backward
from chainrule.node import Input, Node
from chainrule.substitution import substitute
from chainrule.viz.graph.gradient_marks import rms
from chainrule.viz.values import Values, needed, trace

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
    found: dict[Node, bool] = {}
    for node in nodes:
        gradient = sweep.gradient.get(node)
        if gradient is None or gradient not in values or node is sweep.loss:
            continue
        at = np.asarray(values[node], dtype=np.float64)
        direction = rng.standard_normal(at.shape)
        step = 1e-5 * max(1.0, rms(at))
        probe = Input("probe", at.shape)
        (moved,) = substitute([sweep.loss], {node: probe})
        fed = needed(moved, feeds)
        ends = [
            trace(
                [moved],
                {**fed, probe: at + sign * step * direction},
                seed,
                training=training,
            )[moved]
            for sign in (1, -1)
        ]
        slope = float(ends[0] - ends[1]) / (2 * step)
        exact = float(np.sum(values[gradient] * direction))
        found[node] = bool(abs(slope - exact) <= ABSOLUTE + RELATIVE * abs(exact))
    return found
