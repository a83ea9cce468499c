"""What the losses on probabilities have in common."""

from __future__ import annotations

from chainrule import ops
from chainrule.node import Node

LEAST = 1e-7
"""How near a probability may come to 0 or 1 before its logarithm, as in tf.keras."""


def bounded(p: Node) -> Node:
    """Return p kept away from 0 and 1, where a logarithm or its derivative is infinite.

    The result of a sigmoid or softmax is returned as it is: the logarithm of one is
    computed from what went into it and needs no help.
    """
    if isinstance(p.op, (ops.Sigmoid, ops.Softmax)):
        return p
    return ops.minimum(ops.maximum(p, LEAST), 1 - LEAST)
