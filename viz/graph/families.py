"""Families: which vectors of a graph are columns of units.

A family is all that is computed from one vector number by number: a sum that weights
bring, its activation, dropout. What is used outside is a column; the rest are steps
inside its units. A family of which several are used is split there.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from chainrule.node import Input, Node
from chainrule.viz.graph.structure import Structure
from chainrule.viz.graph.vectors import is_entrywise, is_rearranged, width


@dataclass(frozen=True)
class Family:
    """All that is a function of one vector, number by number.

    Attributes:
        root: the vector.
        apart: whether the vector is a column of its own, and not in the family.
    """

    root: Node
    apart: bool = False


@dataclass(frozen=True)
class Families:
    """The families of a graph.

    Attributes:
        of: node → its family; views have none.
        columns: the vectors that are drawn, in the order of computation.
    """

    of: Mapping[Node, Family]
    columns: tuple[Node, ...]

    def steps(self, column: Node, structure: Structure) -> list[Node]:
        """Return what a column is computed from in its family, in order, itself last.

        A root that has no units of its own, a rearrangement, is not among them.
        """
        family, needed = self.of[column], {column}
        for node in reversed(list(self.of)):
            if node in needed:
                needed.update(x for x in structure.before(node) if x in self.of)
        return [
            node
            for node, own in self.of.items()
            if node in needed and own == family and not is_rearranged(node)
        ]


def families_of(structure: Structure) -> Families:
    """Find the columns; a vector that several columns are functions of is one too."""
    columns: set[Node] = {node for node in structure.sources if isinstance(node, Input)}
    columns |= {
        node
        for node in structure.boxes
        if node not in structure.hidden
        and any(user not in structure.boxes for user in structure.users[node])
    }  # what a layer makes of all units at once is not a step of a single one
    while True:
        of = _families(structure, columns)
        used: dict[Family, list[Node]] = {}
        for node in of:
            if _is_used_outside(node, structure, of, columns):
                used.setdefault(of[node], []).append(node)
        several = {family: nodes for family, nodes in used.items() if len(nodes) > 1}
        more = {node for nodes in several.values() for node in nodes} - columns
        if not more:
            more = {f.root for f in several if not f.apart} - columns
            more = {root for root in more if not is_rearranged(root)}
        if not more:
            found = {node for nodes in used.values() for node in nodes}
            return Families(of, tuple(node for node in of if node in found))
        columns |= more


def _families(structure: Structure, columns: AbstractSet[Node]) -> dict[Node, Family]:
    """Put every node into a family; what is computed from a column is apart from it."""
    found: dict[Node, Family] = {}
    for node in structure.sources:
        if structure.base[node] is not node:
            continue
        before = structure.before(node)
        families = {Family(x, True) if x in columns else found[x] for x in before}
        alike = is_entrywise(node) and node not in structure.boxes
        alike = alike and all(width(x) == width(node) for x in before)
        joins = len(families) != 1 or not alike or node in structure.sums
        found[node] = Family(node) if joins else families.pop()
    return found


def _is_used_outside(
    node: Node,
    structure: Structure,
    of: Mapping[Node, Family],
    columns: AbstractSet[Node],
) -> bool:
    if node in structure.hidden or is_rearranged(node):
        return False
    users = (of[user] for user in structure.users[node])
    return (
        node in structure.ends or node in columns or any(f != of[node] for f in users)
    )
