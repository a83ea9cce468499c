"""Probabilities bounded away from 0 and 1, for losses that take their logarithm."""

from __future__ import annotations

from chainrule import ops
from chainrule.node import Node

LEAST = 1e-7
"""The least distance of a probability from 0 and 1, as in tf.keras."""


def bounded(p: Node) -> Node:
    """Return p clipped away from 0 and 1, where its logarithm is infinite.

    A sigmoid or a softmax is returned as it is: its logarithm is computed from its
    input, without p.
    """
    return p if _has_logarithm(p) else _clipped(p)


def complement(p: Node) -> Node:
    """Return 1 − p, bounded likewise: as far from 0 at p = 1 as p is at p = 0."""
    return 1 - p if _has_logarithm(p) else _clipped(1 - p)


def _has_logarithm(p: Node) -> bool:
    return isinstance(p.op, (ops.Sigmoid, ops.Softmax))


def _clipped(p: Node) -> Node:
    return ops.minimum(ops.maximum(p, LEAST), 1 - LEAST)
