"""What stands in a unit: the formulas of its stages, each with its number."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from chainrule.kinds.module import modules_of
from chainrule.node import Constant, Node, Parameter
from chainrule.notation.naming import Naming
from chainrule.notation.styles import Written
from chainrule.notation.symbols import Symbol
from chainrule.ops.reductions import Reduction
from chainrule.viz.graph.columns import Column
from chainrule.viz.graph.unit_symbols import index_of, unit_symbol, weight_symbol
from chainrule.viz.graph.vectors import aligned, numbered, one_shape, width
from chainrule.viz.readings import Reading, entry_reading
from chainrule.viz.scene import Line, LineKind
from chainrule.viz.text import Formula, Plain, row
from chainrule.viz.values import Values

LONGEST_FORMULA = 14
"""Characters of an activation that a unit writes out."""
LONGEST = 32
"""Characters of another formula that a unit writes out."""


@dataclass(frozen=True)
class UnitFormulas:
    """Writes what is computed in the units of columns.

    Attributes:
        columns: the columns.
        naming: the symbols of vectors and parameters.
        values: theirs, and those of their gradients; empty without values.
        slopes: for a stage that drops units, its derivative: 0 where one is dropped.
    """

    columns: Sequence[Column]
    naming: Naming
    values: Values
    slopes: Mapping[Node, Node]

    def stages(self, column: Column, which: int) -> list[Line]:
        """Write what is computed in a unit, step by step, each from the one before."""
        if not column.stages:
            value = self.entry(column.node, which)
            return [] if value is None else [Line(value, "value")]
        told = [s for s in column.stages if self.dropping_slope(s, which) != 1]
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
            value = self.entry(stage, which)
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
        slope = self.dropping_slope(stage, which)
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
            node: self.symbol(self.columns[read.unit[0]].node, read.unit[1])
            for node, read in zip(column.operands, column.reads[which], strict=True)
        }

    def _indexed(
        self, leaves: Sequence[Parameter | Constant], stage: Node, which: int
    ) -> dict[Node, Symbol]:
        """Return the symbols of the entries of parameters that a unit reads."""
        shape = one_shape(stage)
        return {
            x: self.weight_symbol(x, int(aligned(numbered(x), stage).flat[which]))
            for x in leaves
            if isinstance(x, Parameter) and x.value.size > 1
            if x.shape == shape[len(shape) - x.ndim :]
        }

    def _local(self, stage: Node, which: int) -> Symbol:
        """Return the symbol of a stage in a unit; z where it has none."""
        if isinstance(self.naming.symbol(stage), Symbol):
            return self.symbol(stage, which)
        return Symbol("z")

    def symbol(self, node: Node, which: int) -> Symbol:
        found = self.naming.symbol(node)
        return unit_symbol(found, node, which)

    def dropping_slope(self, stage: Node, which: int) -> float | None:
        """Return what dropout multiplies a unit with; None if the stage is another."""
        slope = self.values.get(self.slopes.get(stage, stage))
        if stage not in self.slopes or slope is None:
            return None
        return float(slope.reshape(-1)[which])

    def weight_symbol(self, kernel: Parameter, entry: int) -> Symbol:
        found = self.naming.symbol(kernel)
        symbol = found if isinstance(found, Symbol) else Symbol("w")
        return weight_symbol(symbol, kernel, entry)

    def entry(self, node: Node, entry: int) -> Reading | None:
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
