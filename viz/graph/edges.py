"""The edges of a drawing: what one part uses of another, and what flows back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chainrule.graph import Graph
from chainrule.node import Node
from chainrule.notation.naming import Naming
from chainrule.viz.graph.edge_rules import EdgeRule, edge_rule
from chainrule.viz.graph.levels import Division
from chainrule.viz.graph.partition import Part
from chainrule.viz.graph.repeats import Folding
from chainrule.viz.graph.subject import Subject
from chainrule.viz.graph.tidying import tidied


@dataclass(frozen=True)
class Edge:
    """A forward edge, and the derivative that flows back along it.

    Attributes:
        x: what is used.
        tail: the part that x is in.
        head: the part that uses it.
        rule: the derivative; None if there is none, or it was not asked for.
    """

    x: Node
    tail: int
    head: int
    rule: EdgeRule | None


def find_edges(
    subject: Subject, division: Division, naming: Naming
) -> tuple[Edge, ...]:
    """Return the edges that are shown; a single operation has one for each operand."""
    parts = division.parts
    found: list[Edge] = []
    uses = _uses(subject.graph, parts, division.folding)
    for (x, tail, head, _), operands in uses.items():
        rule = None
        if subject.sweep is not None:
            part = parts[head]
            rule = edge_rule(subject.sweep, x, operands, part.nodes, part.exits)
        if rule is not None:
            rule = replace(rule, expression=tidied(rule.expression, naming))
        found.append(Edge(x, tail, head, rule))
    return tuple(found)


def _uses(
    graph: Graph, parts: Sequence[Part], folding: Folding
) -> dict[tuple[Node, int, int, int | None], list[tuple[Node, int]]]:
    """Return for each edge the nodes that use x, and as which operand they do."""
    place = {node: i for i, part in enumerate(parts) for node in part.nodes}
    found: dict[tuple[Node, int, int, int | None], list[tuple[Node, int]]] = {}
    for node in graph:
        for position, x in enumerate(node.inputs):
            tail, head = place.get(x), place[node]
            if tail is None or tail == head or folding.hides(tail, head):
                continue
            alone = len(parts[head].nodes) == 1
            edge = (x, tail, head, position if alone else None)
            found.setdefault(edge, []).append((node, position))
    return found
