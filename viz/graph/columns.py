"""Columns of units: the vectors of a graph, and what each of their units reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

import numpy as np

from chainrule.calls import calls
from chainrule.errors import GraphError
from chainrule.graph import topological
from chainrule.kinds.module import modules_of
from chainrule.node import Input, Node, Parameter
from chainrule.ops import Add
from chainrule.viz.graph.families import families_of
from chainrule.viz.graph.mixing import mixed_units
from chainrule.viz.graph.structure import Structure, structure_of
from chainrule.viz.graph.subject import Subject
from chainrule.viz.graph.vectors import (
    Places,
    aligned,
    is_rearranged,
    is_view,
    numbered,
    operands,
    rearranged,
    refusal,
    weights_of,
    width,
)
from chainrule.viz.graph.weighted_sums import WeightedSum, weighted_sum

WIDEST = 6
"""Columns up to this width are shown whole; of wider ones the first and last units."""

Kind: TypeAlias = Literal["input", "sum", "function", "join", "mixing", "loss"]
"""What a unit does: nothing, add up what weights bring, be a function of one unit, join
one unit of each of several columns, read several units of a column, or be the loss."""
Unit: TypeAlias = tuple[int, int]
"""A column, and which of its units."""


@dataclass(frozen=True)
class Read:
    """Something that a unit reads, and with which weight: an entry of a parameter."""

    unit: Unit
    weight: tuple[Parameter, int] | None = None


@dataclass(frozen=True)
class Column:
    """The units of one vector.

    Attributes:
        node: the vector.
        kind: what its units do.
        width: how many units it has.
        stages: what is computed in its units one after the other, the node last.
        reads: for each unit that is drawn, what it reads.
        biases: parameters that are added, each with its entry for every unit.
        operands: the vectors whose units a join or a function reads, in order.
        drops: the stages that set units to 0 while training, with what is before each.
        mentions: parameters that the loss reads itself.
        rank: how many columns are before it at least.
    """

    node: Node
    kind: Kind
    width: int
    stages: tuple[Node, ...] = ()
    reads: Mapping[int, tuple[Read, ...]] = field(default_factory=dict)
    biases: tuple[tuple[Parameter, Places], ...] = ()
    operands: tuple[Node, ...] = ()
    drops: tuple[tuple[Node, Node], ...] = ()
    mentions: tuple[Parameter, ...] = ()
    rank: int = 0

    @property
    def shown(self) -> list[int | None]:
        """The units that are drawn; None stands for those left out."""
        if self.width <= WIDEST:
            return list(range(self.width))
        return [0, 1, 2, None, self.width - 2, self.width - 1]

    @property
    def drawn(self) -> list[int]:
        """The units that are drawn."""
        return [unit for unit in self.shown if unit is not None]


def find_columns(subject: Subject, training: bool) -> tuple[Column, ...]:
    """Find the columns of a graph, in the order of computation, the loss last.

    Raises:
        GraphError: the graph is not made of units, or no vector in it goes through a
            matrix of weights.
    """
    reader = _Reader(structure_of(subject, training))
    columns = [reader.column(node) for node in reader.families.columns]
    if not any(column.kind == "sum" for column in columns):
        raise GraphError(
            "level='neuron' draws layers of units, and no vector in this graph goes "
            "through a matrix of weights; use level='op'"
        )
    if subject.loss is not None:
        columns.append(reader.loss(subject.loss))
    return _ranked(columns)


class _Reader:
    """Finds what the units of columns read."""

    def __init__(self, structure: Structure) -> None:
        self.structure, self.families = structure, families_of(structure)
        columns = self.families.columns
        starts = np.cumsum([0, *map(width, columns)])
        self.unit = [(i, j) for i, x in enumerate(columns) for j in range(width(x))]
        self.units: dict[Node, Places] = {}
        """Node → for each of its numbers, where in `unit` the unit is that it is."""
        for node in structure.sources:
            if node in columns:
                start = int(starts[columns.index(node)])
                self.units[node] = numbered(node) + start
            elif node not in structure.boxes:
                self._rename(node)

    def _rename(self, node: Node) -> None:
        """Find the units of a node that has the numbers of others."""
        if not (is_rearranged(node) or is_view(node)):
            return
        parts = operands(node, self.structure.training)
        known = [self.units[x] for x in parts if x in self.units]
        if known and len(known) < len(parts):
            raise refusal(node, "joins units with numbers that are none")
        if known:
            self.units[node] = rearranged(node, known)

    def column(self, node: Node) -> Column:
        """Return a vector as a column."""
        made = Column(node, "input", width(node))
        if isinstance(node, Input):
            return made
        if node in self.structure.boxes:
            inside = self.structure.inside(node)
            mixed = mixed_units(inside, self.units, self.structure.training)
            reads = {i: tuple(Read(self.unit[j]) for j in mixed[i]) for i in made.drawn}
            return replace(made, kind="mixing", stages=(node,), reads=reads)
        steps = self.families.steps(node, self.structure)
        root = self.families.of[node].root
        made = self._staged(made, steps)
        if root in self.structure.sums and root in steps:
            return self._sum(made, root)
        sources = self.structure.sources[steps[0]]
        joined = {x: aligned(self.units[x], steps[0]).reshape(-1) for x in sources}
        reads = {
            i: tuple(Read(self.unit[at[i]]) for at in joined.values())
            for i in made.drawn
        }
        kind: Kind = "function" if len(sources) == 1 else "join"
        return replace(made, kind=kind, reads=reads, operands=sources)

    def _staged(self, column: Column, steps: Sequence[Node]) -> Column:
        """Say what is computed in units: a sum, its activation, dropout."""
        drops: dict[Node, Node] = {}
        for module in dict.fromkeys(m for x in steps for m in modules_of(x) if m.drops):
            inside = [x for x in steps if module in modules_of(x)]
            drops[inside[-1]] = self.structure.before(inside[0])[0]
        root = steps[0] if self.families.of[column.node].root is steps[0] else None
        shown = {root, *drops, *drops.values(), *self.structure.given, column.node}
        shown |= {x for x in steps if x.name or x in calls}
        stages = tuple(x for x in steps if x in shown)
        return replace(column, stages=stages, drops=tuple(drops.items()))

    def _sum(self, column: Column, root: Node) -> Column:
        """Say what weights bring to the units of a column, and its biases."""
        sums: list[WeightedSum] = []
        biases: list[tuple[Parameter, Places]] = []
        waiting = [root]
        while waiting:
            node = waiting.pop(0)
            if not isinstance(node.op, Add):
                sums.append(weighted_sum(node, self.units))
                continue
            for x in node.inputs:
                if x in self.structure.sources:
                    waiting.append(self.structure.base[x])
                elif found := weights_of(x):
                    places = aligned(found[1], node).reshape(-1)
                    biases.append((found[0], places))
        reads = {
            i: tuple(
                Read(self.unit[unit], (each.parameter, weight))
                for each in sums
                for unit, weight in each.terms(i)
            )
            for i in column.drawn
        }
        return replace(column, kind="sum", reads=reads, biases=tuple(biases))

    def loss(self, node: Node) -> Column:
        """Return the loss as a column of one unit, which reads all it is computed from.

        Parameters that it reads, those of a penalty, are no units; they are mentioned.
        """
        read = self.structure.read_by_loss
        units = [u for x in read if x in self.units for u in self.units[x].reshape(-1)]
        fixed = [x for x in read if x not in self.units]
        mentions = tuple(x for x in topological(fixed) if isinstance(x, Parameter))
        reads = {0: tuple(Read(self.unit[u]) for u in dict.fromkeys(units))}
        return Column(node, "loss", 1, (node,), reads, mentions=mentions)


def _ranked(columns: Sequence[Column]) -> tuple[Column, ...]:
    """Give columns their ranks: behind all that they read, inputs right before that."""
    sources = [
        {read.unit[0] for reads in column.reads.values() for read in reads}
        for column in columns
    ]
    ranks: list[int] = []
    for before in sources:
        ranks.append(1 + max((ranks[i] for i in before), default=-1))
    for i, column in enumerate(columns):
        after = [ranks[j] for j, before in enumerate(sources) if i in before]
        if column.kind == "input" and after:
            ranks[i] = min(after) - 1
    return tuple(
        replace(column, rank=rank) for column, rank in zip(columns, ranks, strict=True)
    )
