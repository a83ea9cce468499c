"""The neuron level: the textbook's picture, one circle per unit, weights on the edges.

A graph of matrix products and elementwise functions becomes columns of units, with the
values of one example. Wide columns are elided: x₁ x₂ ⋮ x₇₈₄.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.errors import GraphError
from chainrule.graph import Graph
from chainrule.node import Input, Node, Parameter
from chainrule.notation.naming import Naming
from chainrule.notation.numbers import number
from chainrule.notation.styles import Written
from chainrule.notation.symbols import Derivative, Symbol
from chainrule.shapes import shape_text
from chainrule.viz.derivative_lines import measured
from chainrule.viz.graph.columns import Column, find_columns
from chainrule.viz.graph.compose import Drawing
from chainrule.viz.graph.levels import Division
from chainrule.viz.graph.options import Options
from chainrule.viz.graph.repeats import Folding
from chainrule.viz.graph.subject import Subject, subject_of
from chainrule.viz.readings import Reading, entry_reading
from chainrule.viz.scene import Block, BlockKind, Line, Link, Scene
from chainrule.viz.text import Formula, Plain, row
from chainrule.viz.values import Values, evaluated

LONGEST_FORMULA = 14
"""Characters of an activation that a unit writes out."""
MOST_LABELS = 12
"""Weights between two columns that are written; more are only drawn."""


def compose_neurons(what: Any, options: Options) -> Drawing:
    """Draw a graph as columns of units, with the values of one example.

    Raises:
        GraphError: there is nothing to draw, or no vector in it goes through a matrix
            of weights.
    """
    subject = subject_of(what, options)
    columns = find_columns(subject)
    if not any(column.kernel is not None for column in columns):
        raise GraphError(
            "level='neuron' draws layers of units, and no vector in this graph goes "
            "through a matrix of weights; use level='op'"
        )
    naming = Naming(subject.graph, options.names, loss=subject.loss)
    naming.number(column.node for column in columns)
    if options.values is not None:
        feeds = _one_example(subject.graph, options.values, options.example)
        options = replace(options, values=feeds)
    values = _values(subject, columns, options)
    units = _Units(subject, columns, naming, values)
    scene = Scene(
        options.title,
        blocks=units.blocks(),
        links=units.links(),
        caption=_caption(subject, values),
        rankdir=options.rankdir,
        shape="circles",
    )
    no_blocks = Division(subject.graph, (), Folding(0))
    return Drawing(scene, subject, no_blocks, naming, values, options)


def _values(subject: Subject, columns: Sequence[Column], options: Options) -> Values:
    """Compute all that the units and weights show, for one example."""
    if options.values is None:
        return {}
    nodes: list[Node] = [column.node for column in columns]
    nodes += [c.kernel for c in columns if c.kernel is not None]
    nodes += [c.bias for c in columns if c.bias is not None]
    nodes += [c.total for c in columns if c.total is not None]
    if subject.sweep is not None:
        gradient = subject.sweep.gradient
        nodes += [gradient[node] for node in nodes if node in gradient]
    return evaluated(nodes, options.values, options.seed, training=options.training)


def _one_example(
    graph: Graph, feeds: Mapping[Any, Any], example: int
) -> dict[Any, npt.NDArray[Any]]:
    """Cut one example out of a batch, for every input with an open first dimension.

    Raises:
        GraphError: the batch has no such example.
    """
    leaves = {leaf.name: leaf for leaf in graph.inputs}
    cut: dict[Any, npt.NDArray[Any]] = {}
    for key, value in feeds.items():
        leaf = leaves.get(key) if isinstance(key, str) else key
        array = np.asarray(value)
        batch = isinstance(leaf, Input) and leaf.shape[:1] == (None,)
        if batch and not -len(array) <= example < len(array):
            raise GraphError(
                f"example must be one of the {len(array)} in the batch, got {example}"
            )
        cut[key] = array[[example]] if batch else array
    return cut


def _caption(subject: Subject, values: Values) -> list[Line]:
    """Say what the marks of units and edges mean."""
    lines = [Line(Plain("thick: large weight, dashed: negative"), "note")]
    if subject.sweep is not None and values:
        unit = Plain("in a unit: ∂J/∂(the unit)")
        weight = Plain("on an edge: ∂J/∂(the weight), in a unit: ∂J/∂(its bias b)")
        lines.append(Line(unit, "note", "between"))
        lines.append(Line(weight, "note", "parameter"))
    if subject.remark:
        lines.append(Line(Plain(subject.remark), "note"))
    return lines


@dataclass(frozen=True)
class _Units:
    """Draws units and weights from what is known about columns."""

    subject: Subject
    columns: Sequence[Column]
    naming: Naming
    values: Values

    def blocks(self) -> list[Block]:
        """Return the units, column by column."""
        return [
            self._left_out(place) if unit is None else self._unit(place, unit)
            for place, column in enumerate(self.columns)
            for unit in column.shown
        ]

    def links(self) -> list[Link]:
        """Return the edges between the units, those with weights and those without."""
        links: list[Link] = []
        for place, column in enumerate(self.columns):
            if column.kernel is not None and column.source is not None:
                links += self._weights(column.kernel, column.source, place)
            else:
                links += [
                    Link(_id(source, i), _id(place, j), "forward")
                    for source in column.sources
                    for i, j in self._pairs(source, place)
                ]
        return links

    def _left_out(self, place: int) -> Block:
        tip = shape_text(self.columns[place].node.shape)
        return Block(_id(place), "constant", Plain("⋮"), rank=place, tooltip=tip)

    def _unit(self, place: int, unit: int) -> Block:
        column = self.columns[place]
        value = self._entry(column.node, unit)
        shown = (column.node, column.bias)
        slope = self._slope(column.node, unit) if _kind(column) == "op" else None
        lines: list[Line] = []
        marks: tuple[str, ...] = ()
        if value and value.said == "0" and column.dropped is not None:
            lines.append(Line(Plain("✗ dropped"), "mark"))
            marks = ("dropped",)
        else:
            if column.bias is not None:
                lines += self._bias(column.bias, unit)
            lines += self._activation(column, unit)
            if slope is not None:
                lines.append(Line(row("∂ ", slope), "gradient", "between"))
                marks = ("dead",) if slope.said == "0" else ()
        return Block(
            _id(place, unit), _kind(column), self._title(column, unit), lines,
            marks=marks, rank=place, tooltip=shape_text(column.node.shape),
            numbers=tuple((n, unit) for n in shown if n is not None),
        )  # fmt: skip

    def _activation(self, column: Column, unit: int) -> list[Line]:
        """Write z and g(z) of a unit, or its only number."""
        value = self._entry(column.node, unit)
        if value is None:
            return []
        total, before = column.total, None
        if total is not None and total is not column.node:
            before = self._entry(total, unit)
        if before is None or total is None:
            return [Line(value, "value")]
        found = self.naming.symbol(total)
        z = found if isinstance(found, Symbol) else Symbol("z")
        one = z if column.width == 1 else _indexed(z, unit)
        formula = Formula(column.node, self.naming).unicode()
        short = formula.count(z.unicode()) == 1 and len(formula) <= LONGEST_FORMULA
        after = formula.replace(z.unicode(), one.unicode()) if short else "g(z)"
        return [
            Line(row(one, " = ", before), "value"),
            Line(row(Plain(after), " = ", value), "value"),
        ]

    def _title(self, column: Column, unit: int) -> Written:
        symbol = self.naming.symbol(column.node)
        if not isinstance(symbol, Symbol):
            return Plain("?")
        return symbol if column.width == 1 else _indexed(symbol, unit)

    def _bias(self, bias: Parameter, unit: int) -> list[Line]:
        """Write b of one unit, and ∂J/∂b where gradients are shown."""
        found = self.naming.symbol(bias)
        symbol = _indexed(found if isinstance(found, Symbol) else Symbol("b"), unit)
        value = entry_reading(bias, unit, float(bias.value[unit]))
        lines = [Line(row("+ ", symbol, " = ", value), "shape")]
        slope = self._slope(bias, unit)
        if slope is not None:
            text = row("∂", symbol, " ", slope)
            lines.append(Line(text, "shape", "parameter"))
        return lines

    def _weights(self, kernel: Parameter, source: int, place: int) -> Iterator[Link]:
        """Draw the weights between two columns, and write them where they are few."""
        pairs = list(self._pairs(source, place))
        for i, j in pairs:
            symbol, value = self._weight_symbol(kernel, i, j), float(kernel.value[i, j])
            written = len(pairs) <= MOST_LABELS
            yield Link(
                _id(source, i), _id(place, j), "forward",
                lines=self._weight(kernel, symbol, i, j) if written else [],
                tooltip=f"{symbol.unicode()} = {number(value)}",
                weight=value,
                numbers=((kernel, i * kernel.value.shape[1] + j),),
            )  # fmt: skip

    def _weight(self, kernel: Parameter, symbol: Symbol, i: int, j: int) -> list[Line]:
        """Write a weight, and ∂J/∂w where gradients are shown."""
        entry = i * kernel.value.shape[1] + j
        value = entry_reading(kernel, entry, float(kernel.value[i, j]))
        lines = [Line(row(symbol, " = ", value), "shape")]
        slope = self._slope(kernel, entry)
        if self.subject.loss is not None and slope is not None:
            loss = self.naming.symbol(self.subject.loss)
            top = loss if isinstance(loss, Symbol) else Symbol("J")
            text = measured(Derivative(top, (symbol,)), slope)
            lines.append(Line(text, "shape", "parameter"))
        return lines

    def _weight_symbol(self, kernel: Parameter, i: int, j: int) -> Symbol:
        found = self.naming.symbol(kernel)
        symbol = found if isinstance(found, Symbol) else Symbol("w")
        sub = f"{i + 1}{j + 1}" if max(i, j) < 9 else f"{i + 1},{j + 1}"
        return replace(symbol, base=symbol.base.lower(), sub=sub)

    def _pairs(self, source: int, place: int) -> Iterator[tuple[int, int]]:
        """Yield the pairs of units of two columns that are drawn."""
        ends = (self.columns[place].shown, self.columns[source].shown)
        for j, i in itertools.product(*ends):
            if i is not None and j is not None:
                yield i, j

    def _slope(self, node: Node, entry: int) -> Reading | None:
        """Read one number of the gradient of a node, if it is known."""
        gradients = self.subject.sweep.gradient if self.subject.sweep else {}
        return self._entry(gradients[node], entry) if node in gradients else None

    def _entry(self, node: Node, entry: int) -> Reading | None:
        """Read one number of the value of a node, if it is known."""
        array = self.values.get(node)
        if array is None:
            return None
        flat = array.reshape(-1)
        if entry >= flat.size:
            return None
        return entry_reading(node, entry, float(flat[entry]))


def _kind(column: Column) -> BlockKind:
    if column.source is None:
        return "input"
    return "op" if column.node.shape else "loss"


def _id(place: int, unit: int | None = None) -> str:
    return f"c{place}_more" if unit is None else f"c{place}_{unit + 1}"


def _indexed(symbol: Symbol, unit: int) -> Symbol:
    """Return the symbol of one unit; units count from 1."""
    sub = f"{symbol.sub},{unit + 1}" if symbol.sub else str(unit + 1)
    return replace(symbol, sub=sub)
