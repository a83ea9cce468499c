"""What stands on a backward edge: the derivative, as the expression that is computed.

Between two blocks the derivative is a factor ∂y/∂x where only elementwise operations
without broadcasting lie in between (the product of their local derivatives, summed
over paths). Elsewhere it is the rule itself: what the edge contributes to ∂J/∂x.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chainrule.autodiff import Backward
from chainrule.node import Constant, Node


@dataclass(frozen=True)
class EdgeRule:
    """The derivative along an edge from x into a block.

    `of` is y for a factor ∂y/∂x, and None where the expression is the contribution to
    ∂J/∂x itself.
    """

    x: Node
    expression: Node
    of: Node | None = None


def edge_rule(
    sweep: Backward,
    x: Node,
    edges: Sequence[tuple[Node, int]],
    part: Sequence[Node],
    exits: Sequence[Node],
) -> EdgeRule | None:
    """Return the derivative along edges from x into a block, None if nothing flows."""
    edges = [edge for edge in edges if edge in sweep.contribution]
    if not edges:
        return None
    flowing = [y for y in exits if y in sweep.gradient]
    if len(flowing) == 1:
        factor = _factor(sweep, flowing[0], edges, part)
        if factor is not None:
            return EdgeRule(x, factor, flowing[0])
    parts = [sweep.contribution[edge] for edge in edges]
    return EdgeRule(x, total(parts))


def _factor(
    sweep: Backward, y: Node, edges: Sequence[tuple[Node, int]], part: Sequence[Node]
) -> Node | None:
    """Sum over the paths from y to the edges of the products of local derivatives."""
    at: dict[Node, list[Node]] = {y: [Constant(1.0)]}
    inside = set(part)
    for node in reversed(part):
        arrived = at.get(node)
        if arrived is None:
            continue
        at[node] = [total(arrived)]
        for position, operand in enumerate(node.inputs):
            if (node, position) not in sweep.contribution or operand not in inside:
                continue
            step = _step(sweep, node, position)
            if step is None:
                return None
            at.setdefault(operand, []).append(product(at[node][0], step))
    found: list[Node] = []
    for node, position in edges:
        step = _step(sweep, node, position)
        if step is None or node not in at:
            return None
        found.append(product(at[node][0], step))
    return total(found)


def _step(sweep: Backward, node: Node, position: int) -> Node | None:
    local = sweep.local.get((node, position))
    if local is None or node.inputs[position].shape != node.shape:
        return None
    return local if isinstance(local, Node) else Constant(local)


def product(a: Node, b: Node) -> Node:
    """Multiply, leaving out ones."""
    if is_one(a):
        return b
    return a if is_one(b) else a * b


def is_one(node: Node) -> bool:
    """Whether a node is the constant 1."""
    return isinstance(node, Constant) and node.value.size == 1 and node.value == 1


def total(parts: Iterable[Node]) -> Node:
    """Add nodes."""
    first, *others = parts
    for part in others:
        first = first + part
    return first
