"""Every registered op, applied to what a random graph has: a new one is drawn too."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator

import numpy as np

from chainrule import ops
from chainrule.node import Constant, Node, Parameter
from chainrule.ops import Op
from chainrule.registry import registry
from chainrule.testing.built_in_samples import SAMPLERS
from chainrule.testing.random_graphs import Built, RandomGraph, Rule
from chainrule.testing.reference import interprets
from chainrule.testing.samples import domains, sample
from chainrule.testing.values import bounds


def registered() -> Iterator[Rule]:
    """Yield a rule that adds a node to a random graph for every op with a reference."""
    for entry in registry.entries("ops"):
        if interprets(entry.target):
            yield _rule(entry.target)


def _rule(cls: type[Op]) -> Rule:
    has_sample = hasattr(cls, "sample") or cls in SAMPLERS

    def rule(graph: RandomGraph, x: Node) -> Built:
        x = x if x.ndim else ops.broadcast_to(x, (3,))
        made = _sampled(cls, x, graph) if has_sample else _elementwise(cls, x, graph)
        return made if made.dtype == "float" else ops.to_float(made), math.inf

    return rule


def _elementwise(cls: type[Op], x: Node, graph: RandomGraph) -> Node:
    """Apply an op to x and others, all brought into its domain."""
    operands = [x]
    for _ in domains(cls)[1:]:
        together = functools.reduce(ops.add, operands)
        operands.append(graph.partner(together))
    return cls()(*map(_into, domains(cls), operands))


def _into(domain: tuple[float, float], x: Node) -> Node:
    if not any(map(math.isfinite, domain)):
        return x
    low, high = bounds(domain)
    return low + (high - low) * ops.sigmoid(x)


def _sampled(cls: type[Op], x: Node, graph: RandomGraph) -> Node:
    """Apply an op to operands as those of a sample: nodes of the graph where they fit.

    Others are constants, such as indices.
    """
    random = np.random.default_rng(graph.choose(1 << 30))
    op, operands = sample(cls, tuple(size or 1 for size in x.shape), random)
    nodes: list[Node] = []
    for operand in operands:
        if isinstance(operand, Parameter):
            nodes.append(operand)
            continue
        node = graph.partner(x) if nodes else x
        if node.shape != operand.shape or operand.dtype.kind not in "fb":
            node = Constant(operand)
        elif operand.dtype.kind == "b":
            node = node > 0
        nodes.append(node)
    return op(*nodes)
