"""Random numbers as a function of seed, stream and step.

A random op reads only the shape of its operand. Its numbers are those of
Philox4x64-10 with key (seed, stream) and the step in the counter, so they are the
same bits on every backend and in a resumed run. A stream has the name it is given, or
a program names it after its place in the graph (``dropout_1/1``), so each application
of a shared layer draws numbers of its own.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from chainrule.annotations import Name
from chainrule.arguments import checked
from chainrule.dtypes import Dtype
from chainrule.graph import number_scopes
from chainrule.node import Node, Value, as_node
from chainrule.ops.arithmetic import log, sqrt
from chainrule.ops.base import Gradients, Op, common_shape
from chainrule.ops.comparison import less, to_float
from chainrule.ops.functions import cos
from chainrule.shapes import Shape

__all__ = ["Uniform", "bernoulli", "normal", "uniform"]


class UnnamedStream:
    """A stream without a name, which equals only itself."""

    __slots__ = ()


class Uniform(Op):
    """y ~ U[0, 1), with the shape of the operand and the resolution of float32."""

    stream: str | UnnamedStream
    notation = "U(0, 1)"

    def infer(self, like: Node) -> tuple[Shape, Dtype]:
        return like.shape, "float"

    def vjp(self, g: Node, y: Node, like: Node) -> Gradients:
        return (None,)


def name_streams(order: Sequence[Node]) -> dict[Node, str]:
    """Name the streams of the random nodes among nodes in topological order.

    A stream without a name is called by its scope path and a number, which counts such
    streams in that scope; the rest of the graph does not matter. A copy of a node, such
    as substitution makes, draws the numbers of the original.
    """
    draws = [node for node in order if isinstance(node.op, Uniform)]
    paths = number_scopes(order) if draws else {}
    count: Counter[tuple[str, ...]] = Counter()
    names: dict[Op, str] = {}
    for node in draws:
        assert isinstance(node.op, Uniform)
        if isinstance(node.op.stream, str):
            names[node.op] = node.op.stream
        elif node.op not in names:
            path = paths[node.scope]
            count[path] += 1
            names[node.op] = "/".join((*path, str(count[path])))
    return {node: names[node.op] for node in draws if node.op}


@checked
def uniform(like: Value, stream: Name | None = None) -> Node:
    """Return uniform random numbers in [0, 1), of the shape of `like`.

    Each call draws different numbers, unless two of them name the same stream.
    """
    return Uniform(UnnamedStream() if stream is None else stream)(as_node(like))


@checked
def normal(like: Value, stream: Name | None = None) -> Node:
    """Return standard normal random numbers (Box–Muller), of the shape of `like`."""
    radius_stream, angle_stream = (
        stream and f"{stream}/{part}" for part in ("radius", "angle")
    )
    radius = sqrt(-2 * log(1 - uniform(like, radius_stream)))
    return radius * cos(2 * math.pi * uniform(like, angle_stream))


@checked
def bernoulli(like: Value, probability: Value, stream: Name | None = None) -> Node:
    """Return 1 with the given probability and 0 otherwise, of the shape of `like`.

    Raises:
        ShapeError: the shape of the probability does not broadcast.
    """
    like, probability = as_node(like), as_node(probability)
    common_shape("bernoulli", (like, probability))
    return to_float(less(uniform(like, stream), probability))
