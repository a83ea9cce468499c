"""Counter-based random numbers: a function of (seed, stream, step), on every backend.

A random op reads only the shape of its operand. Its numbers are those of
Philox4x64-10 with key (seed, stream) and the step in the counter, so they are the
same bits on every backend and in a resumed run. A stream has the name it was given, or
is named after its place in the graph (``dropout_1/1``) when a program is made, so each
application of a shared layer draws numbers of its own.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from chainrule.graph import number_scopes
from chainrule.node import Dtype, Node, Value, as_node
from chainrule.ops.arithmetic import log, sqrt
from chainrule.ops.base import Gradients, Op
from chainrule.ops.comparison import less, to_float
from chainrule.ops.functions import cos
from chainrule.shapes import Shape

__all__ = ["Uniform", "bernoulli", "normal", "uniform"]


class Draw:
    """A stream that was given no name: it equals only itself."""

    __slots__ = ()


class Uniform(Op):
    """y ~ U[0, 1), float32 resolution, with the shape of the operand."""

    stream: str | Draw
    notation = "U(0, 1)"

    def infer(self, like: Node) -> tuple[Shape, Dtype]:
        return like.shape, "float"

    def vjp(self, g: Node, y: Node, like: Node) -> Gradients:
        return (None,)


def name_streams(order: Sequence[Node]) -> dict[Node, str]:
    """Name the streams of a graph's random nodes, given in topological order.

    A stream without a name gets its scope path and a number that counts the draws made
    in that scope; it does not depend on what else the graph contains.
    """
    draws = [node for node in order if isinstance(node.op, Uniform)]
    paths = number_scopes(order) if draws else {}
    count: Counter[tuple[str, ...]] = Counter()
    names = {}
    for node in draws:
        assert isinstance(node.op, Uniform)
        if isinstance(node.op.stream, str):
            names[node] = node.op.stream
        else:
            path = paths[node.scope]
            count[path] += 1
            names[node] = "/".join((*path, str(count[path])))
    return names


def uniform(like: Value, stream: str | None = None) -> Node:
    """Return uniform random numbers in [0, 1) of the shape of `like`.

    Each call draws other numbers, unless two name the same stream.
    """
    return Uniform(Draw() if stream is None else stream)(as_node(like))


def normal(like: Value, stream: str | None = None) -> Node:
    """Return standard normal random numbers of the shape of `like` (Box–Muller)."""
    radius_stream, angle_stream = (
        stream and f"{stream}/{part}" for part in ("radius", "angle")
    )
    radius = sqrt(-2 * log(1 - uniform(like, radius_stream)))
    return radius * cos(2 * math.pi * uniform(like, angle_stream))


def bernoulli(like: Value, probability: Value, stream: str | None = None) -> Node:
    """Return 1 with the given probability and 0 otherwise, of the shape of `like`."""
    return to_float(less(uniform(like, stream), probability))
