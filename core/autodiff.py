"""Reverse-mode differentiation: the chain rule, from graph to graph.

    ∂L/∂L = 1. Walk back from the loss. Along each edge x → y multiply ∂L/∂y by the
    local derivative ∂y/∂x; where paths meet, add. What was broadcast is summed again.

The derivatives are nodes of the same graph, so they can be computed, drawn, and
differentiated again.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TypeAlias

from chainrule.arguments import checked
from chainrule.errors import GradientError
from chainrule.graph import dependents, topological
from chainrule.node import Constant, Node, Origin, describe
from chainrule.ops import Elementwise, Op, add, identity, mul, neg
from chainrule.ops.broadcasting import unbroadcast
from chainrule.scopes import scope_of_new_nodes

Edge: TypeAlias = tuple[Node, int]
"""A consumer, and which of its operands the edge comes from."""
Arrival: TypeAlias = tuple[Node, Node, int]
"""The gradient that came along one edge, and that edge."""


@dataclass(frozen=True)
class Backward:
    """The reverse sweep of one loss.

    Attributes:
        loss: what was differentiated.
        gradient: for each forward node, the node ∂L/∂(it), summed over all paths.
        contribution: for each edge (consumer, position), the part of the operand's
            gradient that came along it.
        local: for edges of elementwise ops, the local derivative ∂consumer/∂operand.
    """

    loss: Node
    gradient: Mapping[Node, Node]
    contribution: Mapping[Edge, Node]
    local: Mapping[Edge, Node | float]


@checked
def backward(loss: Node, wrt: Sequence[Node] | None = None) -> Backward:
    """Differentiate a scalar `loss` with respect to every node on a path to `wrt`.

    Without `wrt`, with respect to everything that the loss depends on.

    Raises:
        GradientError: the loss is not a scalar, or something is not a node.
    """
    _check_differentiable(loss, wrt or ())
    order = topological([loss])
    forward = set(order)
    on_path = forward if wrt is None else dependents(wrt, order)
    gradient: dict[Node, Node] = {}
    contribution: dict[Edge, Node] = {}
    local: dict[Edge, Node | float] = {}
    arrivals = defaultdict[Node, list[Arrival]](list)
    arrivals[loss].append((Constant(1.0), loss, 0))
    with scope_of_new_nodes() as put_into:
        for y in reversed(order):
            if y not in arrivals or y.dtype != "float":
                continue
            put_into(y.scope)
            g = gradient[y] = _sum_over_paths(y, loss, arrivals.pop(y), forward)
            if on_path.isdisjoint(y.inputs):
                continue
            edges = zip(y.inputs, _along_edges(g, y), strict=True)
            for position, (x, (part, slope)) in enumerate(edges):
                if slope is not None:
                    local[y, position] = slope
                if part is not None and x in on_path:
                    part = contribution[y, position] = unbroadcast(part, x)
                    arrivals[x].append((part, y, position))
    return Backward(loss, gradient, contribution, local)


def _along_edges(g: Node, y: Node) -> Sequence[tuple[Node | None, Node | float | None]]:
    """Multiply ∂L/∂y by the local derivative along each edge into y; return both."""
    assert y.op is not None
    if not isinstance(y.op, Elementwise) or type(y.op).vjp is not Op.vjp:
        return [(part, None) for part in y.op.gradients(g, y)]
    return [(None if d is None else _times(g, d), d) for d in y.op.slopes(y)]


def _times(g: Node, slope: Node | float) -> Node:
    if isinstance(slope, Node):
        return mul(g, slope)
    return g if slope == 1 else neg(g) if slope == -1 else mul(g, slope)


def _sum_over_paths(
    x: Node, loss: Node, arrivals: Sequence[Arrival], forward: Set[Node]
) -> Node:
    """Add what arrived along all paths: ∂L/∂x, a node of its own."""
    if len(arrivals) == 1:
        ((total, consumer, position),) = arrivals
        if total.origin is not None or not total.inputs or total in forward:
            total = identity(total)  # it came unchanged, but is a gradient of x now
        total.origin = Origin(x, loss, consumer, position, whole=True)
        return total
    for part, consumer, position in arrivals:
        if part.origin is None and part.inputs:
            part.origin = Origin(x, loss, consumer, position)
    total = functools.reduce(add, (part for part, _, _ in arrivals))
    total.origin = Origin(x, loss, whole=True)
    return total


@checked
def grad(loss: Node, wrt: Sequence[Node]) -> list[Node]:
    """Return ∂loss/∂w for every w in `wrt`, as nodes of the same graph.

    Call it on a result (made scalar) again for higher derivatives.

    Raises:
        GradientError: the loss is not a scalar, or does not depend on some w.
    """
    gradient = backward(loss, wrt).gradient
    for w in wrt:
        if w not in gradient:
            raise GradientError(
                f"the loss {describe(loss)} does not depend on {describe(w)} in a way "
                "that can be differentiated: use it in the loss, or check for "
                "stop_gradient, comparisons and argmax in between"
            )
    return [gradient[w] for w in wrt]


def _check_differentiable(loss: Node, wrt: Sequence[Node]) -> None:
    if loss.shape != () or loss.dtype != "float":
        raise GradientError(
            f"the loss must be one number, got {describe(loss)} of {loss.dtype}; "
            "take its mean or sum, e.g. cr.ops.mean(loss)"
        )
