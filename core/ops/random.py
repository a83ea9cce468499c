"""Counter-based random numbers: a function of (seed, stream, step), on every backend.

A random op reads only the shape of its operand. Its numbers are those of
Philox4x64-10 with key (seed, stream) and the step in the counter, so they are the
same bits on every backend and in a resumed run.
"""

from __future__ import annotations

import math
from typing import ClassVar

from chainrule.graph import Dtype, Node, Shape, Value, as_node
from chainrule.ops.arithmetic import log, sqrt
from chainrule.ops.base import Op
from chainrule.ops.comparison import less, to_float
from chainrule.ops.functions import cos


class Uniform(Op):
    """y ~ U[0, 1), float32 resolution, with the shape of the operand."""

    stream: str
    notation: ClassVar[str] = "U(0, 1)"

    def infer(self, *inputs: Node) -> tuple[Shape, Dtype]:
        return inputs[0].shape, "float"

    def vjp(self, g: Node, y: Node, *inputs: Node) -> tuple[Node | None, ...]:
        return (None,)


def uniform(like: Value, stream: str = "uniform") -> Node:
    """Return uniform random numbers in [0, 1) of the shape of `like`.

    Two draws that should differ need two stream names.
    """
    return Uniform(stream)(as_node(like))


def normal(like: Value, stream: str = "normal") -> Node:
    """Return standard normal random numbers of the shape of `like` (Box–Muller)."""
    radius = sqrt(-2 * log(1 - uniform(like, stream + "/radius")))
    return radius * cos(2 * math.pi * uniform(like, stream + "/angle"))


def bernoulli(like: Value, probability: Value, stream: str = "bernoulli") -> Node:
    """Return 1 with the given probability and 0 otherwise, of the shape of `like`."""
    return to_float(less(uniform(like, stream), probability))
