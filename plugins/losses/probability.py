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
    if isinstance(p.op, (ops.Sigmoid, ops.Softmax)):
        return p
    return ops.minimum(ops.maximum(p, LEAST), 1 - LEAST)
