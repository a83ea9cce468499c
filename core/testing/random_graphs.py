"""Random graphs, for tests of what must preserve the value of any graph.

A function makes every choice, so a generator of random numbers can drive it, or
Hypothesis, which then finds a small graph that fails.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from chainrule import ops
from chainrule.graph import topological
from chainrule.node import Input, Node
from chainrule.shapes import broadcast_shapes, known_size

Choose: TypeAlias = Callable[[int], int]
"""Chooses a number from 0 to n − 1."""

LARGEST = 4.0
"""Bound on the numbers in a graph, so that no form of it overflows."""
MOST = 60
"""Bound on the elements of a node."""


class RandomGraph:
    """A graph of float nodes, grown by random choices.

    Args:
        choose: makes the choices.
        size: how many nodes to add to the leaves.
        more: further rules by which a node may be added.

    Attributes:
        leaves: its inputs; their values must lie between −2 and 2.
        nodes: all nodes, in the order they were built.
    """

    def __init__(self, choose: Choose, size: int, more: Sequence[Rule] = ()) -> None:
        self._choose = choose
        shapes = {"x": (2, 3), "y": (2, 3), "row": (3,), "column": (2, 1), "s": ()}
        self.leaves = [Input(name, shape) for name, shape in shapes.items()]
        self.nodes: list[Node] = list(self.leaves)
        self._bound: dict[Node, float] = dict.fromkeys(self.nodes, 2.0)
        rules = [*_UNARY.values(), *_BINARY.values(), *_SHAPING, *more]
        while len(self.nodes) < len(self.leaves) + size:
            rule = rules[choose(len(rules))]
            made, bound = rule(self, self._pick())
            if bound > LARGEST:
                made, bound = ops.tanh(made), 1.0
            self._bound[made] = bound
            self.nodes.append(made)

    @property
    def outputs(self) -> list[Node]:
        """The nodes that no other node reads."""
        read = {x for node in topological(self.nodes) for x in node.inputs}
        return [node for node in self.nodes if node not in read]

    @property
    def loss(self) -> Node:
        """A scalar that depends on all nodes."""
        parts = [ops.sum(ops.sin(node)) for node in self.outputs]
        return functools.reduce(ops.add, parts) * ops.tanh(parts[-1])

    def bound(self, node: Node) -> float:
        """Return a bound on the size of a node's elements."""
        return self._bound[node]

    def choose(self, n: int) -> int:
        """Return a number below n."""
        return self._choose(n)

    def _pick(self) -> Node:
        return self.nodes[self._choose(len(self.nodes))]

    def partner(self, x: Node) -> Node:
        """Choose a node that broadcasts with x to one that is not too large."""
        fitting = [
            node
            for node in self.nodes
            if (shape := broadcast_shapes(x.shape, node.shape)) is not None
            and (known_size(shape) <= MOST or node is x)
        ]
        return fitting[self._choose(len(fitting))]


Built: TypeAlias = tuple[Node, float]
Rule: TypeAlias = Callable[[RandomGraph, Node], Built]


def _one(build: Callable[[Node], Node], bound: Callable[[float], float]) -> Rule:
    return lambda graph, x: (build(x), bound(graph.bound(x)))


def _two(
    build: Callable[[Node, Node], Node], bound: Callable[[float, float], float]
) -> Rule:
    def rule(graph: RandomGraph, x: Node) -> Built:
        other = graph.partner(x)
        return build(x, other), bound(graph.bound(x), graph.bound(other))

    return rule


def _last(x: Node) -> int | None:
    return -1 if x.ndim else None


_UNARY: Mapping[str, Rule] = {
    "−x": _one(lambda x: -x, lambda b: b),
    "1·x": _one(lambda x: x * 1, lambda b: b),
    "x+0": _one(lambda x: x + 0, lambda b: b),
    "2x": _one(lambda x: 2 * x, lambda b: 2 * b),
    "x/2": _one(lambda x: x / 2, lambda b: b),
    "x²": _one(ops.square, lambda b: b * b),
    "x³": _one(lambda x: x * x * x, lambda b: b**3),
    "|x|": _one(abs, lambda b: b),
    "identity": _one(ops.identity, lambda b: b),
    "stop": _one(ops.stop_gradient, lambda b: b),
    "relu": _one(ops.relu, lambda b: b),
    "max": _one(lambda x: ops.maximum(x, 0.0), lambda b: b),
    "where": _one(lambda x: ops.where(x > 0, x, 0.1 * x), lambda b: b),
    "clip": _one(lambda x: ops.clip(x, -1.0, 1.0), lambda b: 1.0),
    "floor": _one(lambda x: x - ops.floor(x), lambda b: 1.0),
    "round": _one(lambda x: x * ops.round(x), lambda b: b * (b + 1)),
    "sigmoid": _one(ops.sigmoid, lambda b: 1.0),
    "logistic": _one(lambda x: 1 / (1 + ops.exp(-x)), lambda b: 1.0),
    "tanh": _one(ops.tanh, lambda b: 1.0),
    "erf": _one(ops.erf, lambda b: 1.0),
    "softplus": _one(ops.softplus, lambda b: b + 1),
    "exp": _one(ops.exp, math.exp),
    "expm1": _one(lambda x: ops.exp(x) - 1, math.exp),
    "cos": _one(ops.cos, lambda b: 1.0),
    "sqrt": _one(lambda x: ops.sqrt(1 + x**2), lambda b: b + 1),
    "log": _one(lambda x: ops.log(1 + x**2), lambda b: b + 1),
    "1/x": _one(lambda x: ops.reciprocal(1 + x**2), lambda b: 1.0),
    "log exp": _one(lambda x: ops.log(1 + ops.exp(x)), lambda b: b + 1),
    "log σ": _one(lambda x: ops.log(ops.sigmoid(x)), lambda b: b + 1),
    "log 1−σ": _one(lambda x: ops.log(1 - ops.sigmoid(x)), lambda b: b + 1),
    "training": _one(lambda x: ops.training(ops.tanh(x), x), lambda b: b),
    "dropout": _one(lambda x: x * ops.bernoulli(x, 0.5) / 0.5, lambda b: 2 * b),
}
_BINARY: Mapping[str, Rule] = {
    "+": _two(lambda a, b: a + b, lambda a, b: a + b),
    "−": _two(lambda a, b: a - b, lambda a, b: a + b),
    "·": _two(lambda a, b: a * b, lambda a, b: a * b),
    "/": _two(lambda a, b: a / (1 + b**2), lambda a, b: a),
    "max": _two(ops.maximum, max),
    "min": _two(ops.minimum, max),
    "where": _two(lambda a, b: ops.where(a < b, a, b + 1), lambda a, b: max(a, b + 1)),
}


def _reduced(graph: RandomGraph, x: Node) -> Built:
    which = (ops.sum, ops.mean, ops.max, ops.min, ops.logsumexp)[graph.choose(5)]
    axis = graph.choose(x.ndim) if x.ndim and graph.choose(3) else None
    y = which(x, axis, keepdims=bool(graph.choose(2)))
    return y, graph.bound(x) * MOST


def _along(graph: RandomGraph, x: Node) -> Built:
    if not x.ndim:
        return ops.std(ops.stack([x, 0.5 * x])), graph.bound(x)
    axis, bound = graph.choose(x.ndim), graph.bound(x)
    return (
        (ops.cumsum(x, axis, bool(graph.choose(2))), MOST * bound),
        (ops.prod(ops.tanh(x), axis), 1.0),
        (ops.sort(x, axis, bool(graph.choose(2))), bound),
        (ops.var(x, axis, correction=0.5), 4 * bound**2),
    )[graph.choose(4)]


def _soft(graph: RandomGraph, x: Node) -> Built:
    if not x.ndim:
        return ops.sigmoid(x), 1.0
    y = ops.softmax(x, graph.choose(x.ndim))
    return (ops.log(y), 2 * graph.bound(x) + 4) if graph.choose(2) else (y, 1.0)


def _soft_by_hand(graph: RandomGraph, x: Node) -> Built:
    total = ops.sum(ops.exp(x), _last(x), keepdims=True)
    if graph.choose(2):
        return ops.log(total), graph.bound(x) + 4
    return ops.exp(x) / total, 1.0


def _turned(graph: RandomGraph, x: Node) -> Built:
    put_in = ops.expand_dims(x, graph.choose(x.ndim + 1))
    y = (ops.transpose(x), ops.reshape(x, (-1,)), put_in)
    return y[graph.choose(3)], graph.bound(x)


def _cut(graph: RandomGraph, x: Node) -> Built:
    if not x.ndim:
        return x + 1, graph.bound(x) + 1
    if graph.choose(2) and known_size(x.shape) * 2 <= MOST:
        return ops.concatenate([x, -x], graph.choose(x.ndim)), graph.bound(x)
    return x[..., : 1 + graph.choose(2)], graph.bound(x)


def _product(graph: RandomGraph, x: Node) -> Built:
    if x.ndim != 2:
        return ops.sin(x), 1.0
    bound = graph.bound(x) ** 2 * MOST
    return (x @ x.T if graph.choose(2) else x.T @ x), bound


_SHAPING: tuple[Rule, ...] = (
    _reduced, _reduced, _along, _soft, _soft_by_hand, _turned, _turned, _cut, _product,
)  # fmt: skip
