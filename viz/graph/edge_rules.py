"""The derivative on a backward edge, as the expression that is computed.

Between two blocks it is a factor ∂y/∂x where only elementwise operations without
broadcasting lie in between: the product of their local derivatives, summed over paths.
Elsewhere it is the rule itself: what the edge contributes to ∂J/∂x.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chainrule.autodiff import Backward
from chainrule.node import Constant, Node


@dataclass(frozen=True)
class EdgeRule:
    """The derivative along an edge from x into a block.

    Attributes:
        x: what the block uses.
        expression: the derivative.
        of: y, if it is a factor ∂y/∂x; None if it is what the edge contributes to
            ∂J/∂x.
        contribution: what the edge contributes to ∂J/∂x.
    """

    x: Node
    expression: Node
    of: Node | None
    contribution: Node


def edge_rule(
    sweep: Backward,
    x: Node,
    edges: Sequence[tuple[Node, int]],
    block: Sequence[Node],
    exits: Sequence[Node],
) -> EdgeRule | None:
    """Return the derivative along edges from x into a block; None if nothing flows.

    Args:
        sweep: the gradients.
        x: the operand.
        edges: who uses it in the block, and as which operand.
        block: the nodes of the block, in topological order.
        exits: those of them that are used outside.
    """
    edges = [edge for edge in edges if edge in sweep.contribution]
    if not edges:
        return None
    contribution = added(sweep.contribution[edge] for edge in edges)
    flowing = [y for y in exits if y in sweep.gradient]
    if len(flowing) == 1:
        factor = _factor(sweep, flowing[0], edges, block)
        if factor is not None:
            return EdgeRule(x, factor, flowing[0], contribution)
    return EdgeRule(x, contribution, None, contribution)


def _factor(
    sweep: Backward, y: Node, edges: Sequence[tuple[Node, int]], block: Sequence[Node]
) -> Node | None:
    """Sum the products of local derivatives over the paths from the edges to y.

    None if one of them is not elementwise, or broadcasts.
    """
    arriving: dict[Node, list[Node]] = {y: [Constant(1.0)]}
    slope: dict[Node, Node] = {}
    inside = set(block)
    for node in reversed(block):
        if node not in arriving:
            continue
        slope[node] = added(arriving[node])
        for position, operand in enumerate(node.inputs):
            edge = (node, position)
            if edge not in sweep.contribution or operand not in inside:
                continue
            local = _local(sweep, edge)
            if local is None:
                return None
            arriving.setdefault(operand, []).append(_product(slope[node], local))
    products: list[Node] = []
    for edge in edges:
        local = _local(sweep, edge)
        if local is None or edge[0] not in slope:
            return None
        products.append(_product(slope[edge[0]], local))
    return added(products)


def _local(sweep: Backward, edge: tuple[Node, int]) -> Node | None:
    """Return the local derivative of an elementwise operation, if it is one."""
    node, position = edge
    local = sweep.local.get(edge)
    if local is None or node.inputs[position].shape != node.shape:
        return None
    return local if isinstance(local, Node) else Constant(local)


def _product(a: Node, b: Node) -> Node:
    """Multiply, leaving out ones."""
    if _is_one(a):
        return b
    return a if _is_one(b) else a * b


def _is_one(node: Node) -> bool:
    return isinstance(node, Constant) and node.value.size == 1 and node.value == 1


def added(terms: Iterable[Node]) -> Node:
    """Add nodes, of which there must be one."""
    first, *others = terms
    for term in others:
        first = first + term
    return first
