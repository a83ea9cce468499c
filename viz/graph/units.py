"""Units: what the circles of the neuron level say, and the edges between them."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from chainrule.kinds.module import modules_of
from chainrule.node import Constant, Node, Parameter
from chainrule.notation.naming import Naming
from chainrule.notation.numbers import number
from chainrule.notation.styles import Written
from chainrule.notation.symbols import Derivative, Symbol
from chainrule.ops import Add, Mul
from chainrule.ops.reductions import Reduction
from chainrule.shapes import shape_text
from chainrule.viz.derivative_lines import measured
from chainrule.viz.graph.activation_curves import activation_curves
from chainrule.viz.graph.columns import Column, Read, Unit
from chainrule.viz.graph.subject import Subject
from chainrule.viz.graph.unit_symbols import index_of, unit_symbol, weight_symbol
from chainrule.viz.graph.vectors import aligned, numbered, one_shape, width
from chainrule.viz.readings import Reading, entry_reading
from chainrule.viz.scene import (
    DROPPED,
    ActivationCurve,
    Block,
    BlockKind,
    Line,
    LineKind,
    Link,
    Number,
)
from chainrule.viz.text import Formula, Plain, row
from chainrule.viz.values import Values

LONGEST_FORMULA = 14
"""Characters of an activation that a unit writes out."""
LONGEST = 32
"""Characters of another formula that a unit writes out."""
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
        lines = self._stages(column, which)
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
            _id(unit), kind, self._symbol(column.node, which), lines, marks=marks,
            rank=column.rank, tooltip=shape_text(column.node.shape),
            numbers=((column.node, which),),
            switches=self._switches(unit),
            sign=_sign(column),
            curve=self.curves[place][which] if self.curves[place] else None,
        )  # fmt: skip

    def _stages(self, column: Column, which: int) -> list[Line]:
        """Write what is computed in a unit, step by step, each from the one before."""
        if not column.stages:
            value = self._entry(column.node, which)
            return [] if value is None else [Line(value, "value")]
        told = [s for s in column.stages if self._dropping_slope(s, which) != 1]
        lines: list[Line] = []
        before: tuple[Node, Symbol] | None = None
        for stage in told:
            formula = self._formula(column, which, stage, before)
            parts: list[Written | str] = [] if formula is None else [formula]
            before = stage, self._local(stage, which)
            named = (
                len(told) > 1 if formula is None else stage not in (told[0], told[-1])
            )
            if named:
                parts.insert(0, before[1])
            value = self._entry(stage, which)
            if value is not None:
                parts.append(value)
            if parts and (formula is not None or value is not None or named):
                kind: LineKind = "formula" if value is None else "value"
                lines.append(Line(row(*_between(" = ", parts)), kind))
        return lines

    def _formula(
        self,
        column: Column,
        which: int,
        stage: Node,
        before: tuple[Node, Symbol] | None,
    ) -> Written | None:
        """Write a stage in terms of the one before, or of the units it reads."""
        if column.kind == "loss" or (before is None and column.kind == "sum"):
            return None
        if column.kind == "mixing":
            return self._mixed(stage, which)
        given = self._given(column, which, before)
        slope = self._dropping_slope(stage, which)
        if slope is not None:
            factor = entry_reading(self.slopes[stage], which, slope)
            return row(*given.values(), " · ", factor)
        leaves = _leaves_of(stage, given, self.naming)
        indexed = self._indexed(leaves, stage, which)
        formula = Formula(stage, self.naming.with_symbols({**indexed, **given}))
        named = _is_activation(stage, given)
        whole = all(x in indexed or x.value.size == 1 for x in leaves)
        if whole and len(formula.unicode()) <= (LONGEST_FORMULA if named else LONGEST):
            return formula
        inside = ", ".join(symbol.unicode() for symbol in given.values())
        return Plain(f"{_module_name(stage)}({inside if named else '…'})")

    def _mixed(self, stage: Node, which: int) -> Written:
        """Write one number of a vector, as in ``softmax(z⁽¹⁾)₂``."""
        whole, index = Formula(stage, self.naming), index_of(stage, which)
        partly = isinstance(stage.op, Reduction) and width(stage) > 1
        long = len(whole.unicode()) > LONGEST_FORMULA
        if long or partly or len(one_shape(stage)) > 1:
            return Plain(f"{_module_name(stage)}(…)")
        return row(whole, Plain(Symbol("", sub=index).unicode())) if index else whole

    def _given(
        self, column: Column, which: int, before: tuple[Node, Symbol] | None
    ) -> dict[Node, Symbol]:
        """Return the symbols that a stage is written with: node → that of its unit."""
        if before is not None:
            return dict([before])
        return {
            node: self._symbol(self.columns[read.unit[0]].node, read.unit[1])
            for node, read in zip(column.operands, column.reads[which], strict=True)
        }

    def _indexed(
        self, leaves: Sequence[Parameter | Constant], stage: Node, which: int
    ) -> dict[Node, Symbol]:
        """Return the symbols of the entries of parameters that a unit reads."""
        shape = one_shape(stage)
        return {
            x: self._weight_symbol(x, int(aligned(numbered(x), stage).flat[which]))
            for x in leaves
            if isinstance(x, Parameter) and x.value.size > 1
            if x.shape == shape[len(shape) - x.ndim :]
        }

    def _local(self, stage: Node, which: int) -> Symbol:
        """Return the symbol of a stage in a unit; z where it has none."""
        if isinstance(self.naming.symbol(stage), Symbol):
            return self._symbol(stage, which)
        return Symbol("z")

    def _symbol(self, node: Node, which: int) -> Symbol:
        found = self.naming.symbol(node)
        return unit_symbol(found, node, which)

    def _is_dropped(self, unit: Unit) -> bool:
        stages = self.columns[unit[0]].stages
        return any(self._dropping_slope(stage, unit[1]) == 0 for stage in stages)

    def _switches(self, *units: Unit) -> tuple[Number, ...]:
        """Return what units are multiplied by, 0 where one is dropped."""
        return tuple(
            (self.slopes[stage], which)
            for place, which in units
            for stage in self.columns[place].stages
            if self._dropping_slope(stage, which) not in (None, 1)
        )

    def _dropping_slope(self, stage: Node, which: int) -> float | None:
        """Return what dropout multiplies a unit with; None if the stage is another."""
        slope = self.values.get(self.slopes.get(stage, stage))
        if stage not in self.slopes or slope is None:
            return None
        return float(slope.reshape(-1)[which])

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
        symbol = self._weight_symbol(kernel, entry)
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

    def _weight_symbol(self, kernel: Parameter, entry: int) -> Symbol:
        found = self.naming.symbol(kernel)
        symbol = found if isinstance(found, Symbol) else Symbol("w")
        return weight_symbol(symbol, kernel, entry)

    # -- values -----------------------------------------------------------------------

    def _slope(self, node: Node, entry: int) -> Reading | None:
        """Read one number of the gradient of a node, if it is known."""
        gradients = self.subject.sweep.gradient if self.subject.sweep else {}
        return self._entry(gradients[node], entry) if node in gradients else None

    def _entry(self, node: Node, entry: int) -> Reading | None:
        """Read one number of the value of a node, if it is known."""
        array = self.values.get(node)
        if array is None or entry >= array.size:
            return None
        return entry_reading(node, entry, float(array.reshape(-1)[entry]))


def _between(sign: str, parts: Sequence[Written | str]) -> Iterator[Written | str]:
    for place, part in enumerate(parts):
        if place:
            yield sign
        yield part


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


def _is_activation(stage: Node, given: Collection[Node]) -> bool:
    """Whether a stage is what a module, an activation, makes of what is given."""
    modules = [m for m in modules_of(stage) if m.kind == "activations"]
    if not modules:
        return False
    waiting = [stage]
    for node in waiting:
        for x in node.inputs:
            if x not in given and x not in waiting and x.inputs:
                if modules[0] not in modules_of(x):
                    return False
                waiting.append(x)
    return True


def _leaves_of(
    stage: Node, given: Collection[Node], naming: Naming
) -> list[Parameter | Constant]:
    """Return the parameters and constants in the formula of a stage."""
    found: dict[Parameter | Constant, None] = {}
    waiting = [stage]
    for node in waiting:
        for x in node.inputs:
            if isinstance(x, (Parameter, Constant)):
                found[x] = None
            elif not (x in waiting or x in given or naming.symbol(x)):
                waiting.append(x)
    return list(found)


def _module_name(node: Node) -> str:
    """Return what a function is called that is too long to be written."""
    names = [m.type_name for m in modules_of(node) if m.kind == "activations"]
    names += [m.type_name for m in modules_of(node)]
    return names[0] if names else node.op.type_name if node.op else "g"
