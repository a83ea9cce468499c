"""Marks of gradients: dead, vanishing, exploding, not finite."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.node import Node
from chainrule.viz.graph.subject import Subject
from chainrule.viz.values import Values

VANISHING, EXPLODING = 1e-4, 1e4
"""Bounds of the RMS, as multiples of the RMS of the gradient that leaves the loss."""

SIGN = {
    "not finite": "⚠ not finite", "dead": "☠ dead: all zero",
    "vanishing": "▼ vanishing", "exploding": "▲ exploding",
}  # fmt: skip
"""Mark → how it is written, for those who do not see colours."""


def marks_of(gradient: npt.NDArray[Any], reference: float) -> tuple[str, ...]:
    """Return the marks of a gradient; `reference` is the RMS of what leaves the loss.

    >>> marks_of(np.zeros(3), 1.0), marks_of(np.full(3, 1e-7), 1.0)
    (('dead',), ('vanishing',))
    """
    if not np.all(np.isfinite(gradient)):
        return ("not finite",)
    size = _rms(gradient)
    if size == 0:
        return ("dead",)
    if reference > 0 and size < VANISHING * reference:
        return ("vanishing",)
    if reference > 0 and size > EXPLODING * reference:
        return ("exploding",)
    return ()


def leaving_loss(subject: Subject) -> list[Node]:
    """Return the gradients that leave the loss: those of what its formula reads."""
    if subject.sweep is None:
        return []
    gradients, loss_nodes = subject.sweep.gradient, subject.loss_nodes
    return [
        gradients[x]
        for y in gradients
        if y in loss_nodes
        for x in y.inputs
        if x not in loss_nodes and x in gradients
    ]


def reference_size(subject: Subject, values: Values) -> float:
    """Return the RMS of the largest finite gradient that leaves the loss, 0 if none."""
    sizes = [_rms(values[node]) for node in leaving_loss(subject) if node in values]
    return max(filter(math.isfinite, sizes), default=0.0)


def dead_units(gradient: npt.NDArray[Any]) -> int:
    """Count the columns that are zero for every example of a batch."""
    if gradient.ndim != 2 or gradient.shape[0] < 2:
        return 0
    return int(np.sum(np.all(gradient == 0, axis=0)))


def _rms(array: npt.NDArray[Any]) -> float:
    """Return √(mean x²)."""
    flat = np.asarray(array, dtype=np.float64).reshape(-1)
    return float(np.sqrt(np.mean(flat**2))) if flat.size else 0.0
