"""Units: what the circles of the neuron level say, and the edges between them."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from chainrule.node import Node, Parameter
from chainrule.notation.naming import Naming
from chainrule.notation.numbers import number
from chainrule.notation.symbols import Derivative, Symbol
from chainrule.ops import Add, Mul
from chainrule.shapes import shape_text
from chainrule.viz.derivative_lines import measured
from chainrule.viz.graph.activation_curves import activation_curves
from chainrule.viz.graph.columns import Column, Read, Unit
from chainrule.viz.graph.origins import origins_in, written
from chainrule.viz.graph.subject import Subject
from chainrule.viz.graph.unit_formulas import UnitFormulas
from chainrule.viz.readings import Reading, entry_reading
from chainrule.viz.scene import (
    DROPPED,
    ActivationCurve,
    Block,
    BlockKind,
    Line,
    Link,
    Number,
)
from chainrule.viz.text import Plain, row
from chainrule.viz.values import Values

MOST_LABELS = 12
"""Weights between two columns that are written; more are only drawn."""


@dataclass(frozen=True)
class Units:
    """Draws the units of columns, and the edges between them.

    Attributes:
        subject: the graph, its loss and its gradients.
        columns: the columns.
        naming: the symbols of vectors and parameters.
        values: theirs, and those of their gradients; empty without values.
        slopes: for a stage that drops units, its derivative: 0 where one is dropped.
    """

    subject: Subject
    columns: Sequence[Column]
    naming: Naming
    values: Values
    slopes: Mapping[Node, Node]

    @functools.cached_property
    def formulas(self) -> UnitFormulas:
        """What stands in the units."""
        return UnitFormulas(self.columns, self.naming, self.values, self.slopes)

    @functools.cached_property
    def curves(self) -> Sequence[Sequence[ActivationCurve | None]]:
        """For each column, the graphs of the activations of its units."""
        return [activation_curves(column, self.values) for column in self.columns]

    def blocks(self) -> list[Block]:
        """Return the units, column by column, and a 1 for each bias."""
        units = [
            self._left_out(place) if unit is None else self._unit((place, unit))
            for place, column in enumerate(self.columns)
            for unit in column.shown
        ]
        ones = [
            Block(
                _bias_id(place, i), "constant", Plain("1"), marks=("bias",),
                rank=column.rank - 1, tooltip="1, which a bias is the weight of",
            )
            for place, column in enumerate(self.columns)
            for i in range(len(column.biases))
        ]  # fmt: skip
        return units + ones

    def links(self) -> list[Link]:
        """Return the edges between the units that are drawn."""
        places = range(len(self.columns))
        return [link for place in places for link in self._into(place)]

    # -- units ------------------------------------------------------------------------

    def _left_out(self, place: int) -> Block:
        column = self.columns[place]
        tip = shape_text(column.node.shape)
        return Block(
            _id((place, None)), "constant", Plain("⋮"), marks=("more",),
            rank=column.rank, tooltip=tip,
        )  # fmt: skip

    def _unit(self, unit: Unit) -> Block:
        place, which = unit
        column = self.columns[place]
        kind = _KINDS.get(column.kind, "op")
        lines = self.formulas.stages(column, which)
        marks: tuple[str, ...] = ()
        slope = self._slope(column.node, which) if kind == "op" else None
        if self._is_dropped(unit):
            lines.append(Line(Plain(DROPPED), "mark"))
            marks = ("dropped",)
        elif slope is not None:
            lines.append(Line(row("∂ ", slope), "gradient", "between"))
            marks = ("dead",) if slope.said == "0" else ()
        if column.mentions:
            names = [self.naming.symbol(p) or Plain("?") for p in column.mentions]
            listed = ", ".join(name.unicode() for name in names)
            lines.append(Line(Plain(f"and of {listed}"), "note"))
        return Block(
            _id(unit), kind, self.formulas.symbol(column.node, which), lines,
            marks=marks, rank=column.rank, tooltip=self._tip(column),
            numbers=((column.node, which),),
            switches=self._switches(unit),
            sign=_sign(column),
            curve=self.curves[place][which] if self.curves[place] else None,
        )  # fmt: skip

    def _tip(self, column: Column) -> str:
        """Say what shape a column has, and where what it computes comes from."""
        origin = written(origins_in([column.node, *column.stages]))
        return "; ".join(filter(None, [shape_text(column.node.shape), origin]))

    def _is_dropped(self, unit: Unit) -> bool:
        stages = self.columns[unit[0]].stages
        return any(
            self.formulas.dropping_slope(stage, unit[1]) == 0 for stage in stages
        )

    def _switches(self, *units: Unit) -> tuple[Number, ...]:
        """Return what units are multiplied by, 0 where one is dropped."""
        return tuple(
            (self.slopes[stage], which)
            for place, which in units
            for stage in self.columns[place].stages
            if self.formulas.dropping_slope(stage, which) not in (None, 1)
        )

    # -- edges ------------------------------------------------------------------------

    def _into(self, place: int) -> Iterator[Link]:
        """Draw the edges into a column; weights are written where they are few."""
        column = self.columns[place]
        drawn = [
            ((place, which), read)
            for which, reads in column.reads.items()
            for read in reads
            if read.unit[1] in self.columns[read.unit[0]].shown
        ]
        count: dict[tuple[int, Parameter | None], int] = {}
        for _, read in drawn:
            key = read.unit[0], read.weight and read.weight[0]
            count[key] = count.get(key, 0) + 1
        few = all(number <= MOST_LABELS for number in count.values())
        for i, (bias, places) in enumerate(column.biases):
            for which in column.drawn:
                unit, weight = (place, which), (bias, int(places[which]))
                yield self._weighted(_bias_id(place, i), weight, few, unit)
        for unit, read in drawn:
            key = read.unit[0], read.weight and read.weight[0]
            yield self._edge(unit, read, written=count[key] <= MOST_LABELS)

    def _edge(self, unit: Unit, read: Read, *, written: bool) -> Link:
        if read.weight is not None:
            tail = _id(read.unit)
            return self._weighted(tail, read.weight, written, unit, read.unit)
        return Link(
            _id(read.unit), _id(unit), "forward",
            marks=self._marks_of(unit, read.unit),
            switches=self._switches(unit, read.unit),
        )  # fmt: skip

    def _marks_of(self, *units: Unit) -> tuple[str, ...]:
        """Return the marks of an edge of some units."""
        return ("dropped",) if any(map(self._is_dropped, units)) else ()

    def _weighted(
        self,
        tail: str,
        weight: tuple[Parameter, int],
        written: bool,
        unit: Unit,
        *before: Unit,
    ) -> Link:
        """Draw an edge with a weight or a bias into a unit."""
        kernel, entry = weight
        symbol = self.formulas.weight_symbol(kernel, entry)
        value = float(kernel.value.flat[entry])
        marks = self._marks_of(unit, *before)
        shown = written and not marks
        return Link(
            tail, _id(unit), "forward",
            marks=marks,
            switches=self._switches(unit, *before),
            lines=self._weight(kernel, symbol, entry) if shown else [],
            tooltip=f"{symbol.unicode()} = {number(value)}",
            weight=value,
            numbers=((kernel, entry),),
        )  # fmt: skip

    def _weight(self, kernel: Parameter, symbol: Symbol, entry: int) -> list[Line]:
        """Write a weight, and ∂J/∂w where gradients are shown."""
        value = entry_reading(kernel, entry, float(kernel.value.flat[entry]))
        lines = [Line(row(symbol, " = ", value), "shape")]
        slope = self._slope(kernel, entry)
        if self.subject.loss is not None and slope is not None:
            loss = self.naming.symbol(self.subject.loss)
            top = loss if isinstance(loss, Symbol) else Symbol("J")
            text = measured(Derivative(top, (symbol,)), slope)
            lines.append(Line(text, "shape", "parameter"))
        return lines

    # -- values -----------------------------------------------------------------------

    def _slope(self, node: Node, entry: int) -> Reading | None:
        """Read one number of the gradient of a node, if it is known."""
        gradients = self.subject.sweep.gradient if self.subject.sweep else {}
        return (
            self.formulas.entry(gradients[node], entry) if node in gradients else None
        )


_KINDS: Mapping[str, BlockKind] = {"input": "input", "loss": "loss"}


def _id(unit: tuple[int, int | None]) -> str:
    place, which = unit
    return f"c{place}_more" if which is None else f"c{place}_{which + 1}"


def _sign(column: Column) -> str:
    """Return what the units of a column do first, as a sign."""
    if column.kind == "sum":
        return "Σ"
    first = column.stages[0].op if column.kind == "join" else None
    return "⊕" if isinstance(first, Add) else "⊙" if isinstance(first, Mul) else ""


def _bias_id(place: int, number: int) -> str:
    return f"c{place}_bias{number + 1}" if number else f"c{place}_bias"
