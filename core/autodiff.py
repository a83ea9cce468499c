"""Reverse-mode differentiation: the chain rule, from graph to graph.

    ∂L/∂L = 1. Walk back from the loss. Along each edge x → y multiply ∂L/∂y by the
    local derivative ∂y/∂x; where paths meet, add. What was broadcast is summed again.

The derivatives are nodes of the same graph, so they can be computed, drawn, and
differentiated again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from chainrule.errors import GradientError
from chainrule.graph import topological
from chainrule.node import Constant, Node, Origin, Value, describe
from chainrule.ops import Elementwise, broadcast_like, identity, mul, neg, sum_like
from chainrule.scopes import scope

Arrival: TypeAlias = tuple[Node, Node, int]
"""What came along one edge: the contribution, the consumer, the operand's position."""


@dataclass
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
    gradient: dict[Node, Node] = field(default_factory=dict)
    contribution: dict[tuple[Node, int], Node] = field(default_factory=dict)
    local: dict[tuple[Node, int], Node | float] = field(default_factory=dict)


def backward(loss: Node, wrt: Sequence[Node] | None = None) -> Backward:
    """Differentiate a scalar `loss` with respect to every node on a path to `wrt`.

    Without `wrt`, with respect to everything that the loss depends on.

    Raises:
        GradientError: the loss is not a scalar, or something is no node.
    """
    for node in (loss, *(wrt or ())):
        if not isinstance(node, Node):
            raise GradientError(
                f"only nodes of a graph can be differentiated, got {node!r}; "
                "make them with cr.input, cr.parameter and what is computed from those"
            )
    if loss.shape != () or loss.dtype != "float":
        raise GradientError(
            f"the loss must be one number, got {describe(loss)} of {loss.dtype}; "
            "take its mean or sum, e.g. cr.ops.mean(loss)"
        )
    order = topological([loss])
    forward = set(order)
    on_path = forward if wrt is None else _leading_to(wrt, order)
    sweep = Backward(loss)
    arriving: dict[Node, list[Arrival]] = {loss: [(Constant(1.0), loss, 0)]}
    for y in reversed(order):
        if y not in arriving or y.dtype != "float":
            continue
        with scope(y.scope):
            g = _sum_over_paths(arriving.pop(y), y, loss, forward)
            sweep.gradient[y] = g
            if y.op is None or not any(x in on_path for x in y.inputs):
                continue
            for position, (x, part) in enumerate(
                zip(y.inputs, _along_edges(g, y, sweep), strict=True)
            ):
                if part is not None and x in on_path:
                    part = _unbroadcast(part, x)
                    sweep.contribution[y, position] = part
                    arriving.setdefault(x, []).append((part, y, position))
    return sweep


def grad(loss: Node, wrt: Sequence[Node]) -> list[Node]:
    """Return ∂loss/∂w for every w in `wrt`, as nodes of the same graph.

    Call it on a result (made scalar) again for higher derivatives.

    Raises:
        GradientError: the loss is not a scalar, or does not depend on some w.
    """
    if isinstance(wrt, Node):
        raise GradientError("grad takes a list of nodes: write cr.grad(loss, [w])")
    sweep = backward(loss, wrt)
    for w in wrt:
        if w not in sweep.gradient:
            raise GradientError(
                f"the loss {describe(loss)} does not depend on {describe(w)} in a way "
                "that can be differentiated: use it in the loss, or check for "
                "stop_gradient, comparisons and argmax in between"
            )
    return [sweep.gradient[w] for w in wrt]


def _sum_over_paths(
    arrivals: list[Arrival], x: Node, loss: Node, forward: set[Node]
) -> Node:
    """Add what arrived along all paths: ∂L/∂x, a node of its own."""
    total, *others = (part for part, _, _ in arrivals)
    if others:
        for part, consumer, position in arrivals:
            if part.origin is None and part.inputs:
                part.origin = Origin(x, loss, consumer, position)
        for part in others:
            total = total + part
        total.origin = Origin(x, loss)
        return total
    if total.origin is not None or not total.inputs or total in forward:
        total = identity(total)  # passed on unchanged, but it is a gradient of x now
    total.origin = Origin(x, loss, *arrivals[0][1:])
    return total


def _along_edges(g: Node, y: Node, sweep: Backward) -> Sequence[Node | None]:
    """Multiply ∂L/∂y by the local derivative along each edge into y."""
    op = y.op
    assert op is not None
    if not isinstance(op, Elementwise) or type(op).vjp is not Elementwise.vjp:
        return op.vjp(g, y, *y.inputs)
    parts: list[Node | None] = []
    for position, local in enumerate(op.derivatives(y, *y.inputs)):
        if local is not None:
            sweep.local[y, position] = _as_factor(local)
        parts.append(None if local is None else _times(g, local))
    return parts


def _as_factor(local: Value) -> Node | float:
    return local if isinstance(local, Node) else float(local)  # type: ignore[arg-type]


def _times(g: Node, local: Value) -> Node:
    if isinstance(local, Node):
        return mul(g, local)
    return g if local == 1 else neg(g) if local == -1 else mul(g, local)


def _unbroadcast(part: Node, x: Node) -> Node:
    """Sum over the axes along which x was broadcast, or broadcast what is smaller."""
    if part.shape == x.shape:
        return part
    return sum_like(part, x) if part.ndim >= x.ndim else broadcast_like(part, x)


def _leading_to(wrt: Sequence[Node], order: Sequence[Node]) -> set[Node]:
    """Find the nodes through which the loss depends on any of `wrt`."""
    found = set(wrt)
    for node in order:
        if any(x in found for x in node.inputs):
            found.add(node)
    return found
