"""Mixing: which units each number depends on, inside a softmax or a normalization."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from chainrule.node import Node
from chainrule.ops import LogSoftmax, Softmax
from chainrule.viz.graph.vectors import (
    Places,
    axes_of,
    is_mixing,
    is_rearranged,
    is_view,
    numbered,
    one_shape,
    operands,
    rearranged,
)

_Reads = npt.NDArray[np.bool_]
"""Whether a number depends on a unit: the shape of the node, and an axis of units."""


def mixed_units(
    nodes: Sequence[Node], units: Mapping[Node, Places], training: bool
) -> list[list[int]]:
    """Return for each number of the last node which units it depends on.

    Args:
        nodes: what it is computed from, operands before operations, itself last.
        units: for nodes outside, which unit each of their numbers is.
        training: whether dropout and its like are active.
    """
    entering = [x for node in nodes for x in operands(node, training) if x in units]
    every = np.unique(np.concatenate([units[x].reshape(-1) for x in entering]))
    reads = {x: units[x][..., None] == every for x in entering if x not in nodes}
    for node in nodes:
        parts = [x for x in operands(node, training) if x in reads]
        reads[node] = _reads(node, parts, reads)
    last = reads[nodes[-1]].reshape(-1, len(every))
    return [every[row].tolist() for row in last]


def _reads(node: Node, parts: Sequence[Node], reads: Mapping[Node, _Reads]) -> _Reads:
    first = reads[parts[0]]
    if is_view(node) or is_rearranged(node):
        flat = np.concatenate([reads[x].reshape(-1, first.shape[-1]) for x in parts])
        starts = np.cumsum([0, *(reads[x][..., 0].size for x in parts)])
        places = [
            numbered(x) + start for x, start in zip(parts, starts[:-1], strict=True)
        ]
        found: _Reads = flat[rearranged(node, places)]
        return found
    if is_mixing(node):
        mixed: _Reads = np.any(first, axis=axes_of(node), keepdims=True)
        if isinstance(node.op, (Softmax, LogSoftmax)):
            return np.broadcast_to(mixed, first.shape)
        return mixed.reshape(*one_shape(node), first.shape[-1])
    shape = (*one_shape(node), first.shape[-1])
    joined: _Reads = np.any([np.broadcast_to(reads[x], shape) for x in parts], axis=0)
    return joined
