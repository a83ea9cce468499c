"""The neuron level: the textbook's picture, one circle per unit, weights on the edges.

A graph of matrix products and elementwise functions becomes columns of units, with the
values of one example. Wide columns are elided: x₁ x₂ ⋮ x₇₈₄.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.autodiff import Backward
from chainrule.errors import GraphError
from chainrule.graph import Graph
from chainrule.kinds.module import modules_of
from chainrule.node import Input, Node, Parameter
from chainrule.notation.naming import Naming
from chainrule.notation.symbols import Derivative, Symbol
from chainrule.notation.writer import Written, number
from chainrule.ops.arithmetic import Add
from chainrule.ops.linalg import Matmul
from chainrule.shapes import shape_text
from chainrule.viz.derivative_lines import measured
from chainrule.viz.graph.compose import Direction
from chainrule.viz.graph.labels import Labels
from chainrule.viz.scene import Block, BlockKind, Line, Link, Scene
from chainrule.viz.text import Plain, row
from chainrule.viz.values import trace

WIDEST = 6
"""Units of a column that are shown; of wider ones the first three and the last two."""
MOST_LABELS = 12
"""Weights between two columns that are written; more are only drawn."""


@dataclass
class Column:
    """The units of one vector: an input, or what a layer computes."""

    node: Node
    width: int
    kernel: Parameter | None = None
    bias: Parameter | None = None
    source: int = -1
    """Where the edges come from: the number of another column."""
    also: list[int] = field(default_factory=list)
    dropped: Node | None = None
    """What dropout made of it, if there is any; a unit that is 0 there was dropped."""

    def shown(self) -> list[int | None]:
        """Return the units that are drawn; None stands for those left out."""
        if self.width <= WIDEST:
            return list(range(self.width))
        return [0, 1, 2, None, self.width - 2, self.width - 1]


def neuron_scene(
    graph: Graph,
    naming: Naming,
    direction: Direction,
    sweep: Backward | None,
    feeds: Mapping[Any, Any] | None,
    *,
    example: int = 0,
    name: str = "graph",
    rankdir: str = "LR",
    seed: int = 0,
    training: bool = False,
) -> Scene:
    """Return the graph as columns of units.

    Raises:
        GraphError: no vector in it goes through a matrix of weights.
    """
    columns = find_columns(graph)
    if not any(column.kernel is not None for column in columns):
        raise GraphError(
            "level='neuron' draws layers of units, and no vector in this graph goes "
            "through a matrix of weights; use level='op'"
        )
    naming.number(column.node for column in columns)
    back = sweep if direction != "forward" else None
    values = {}
    if feeds is not None:
        nodes: list[Node] = [column.node for column in columns]
        nodes += [c.kernel for c in columns if c.kernel is not None]
        nodes += [c.bias for c in columns if c.bias is not None]
        if back:
            nodes += [back.gradient[n] for n in nodes if n in back.gradient]
        values = trace(
            nodes, one_example(graph, feeds, example), seed, training=training
        )
    drawing = _Neurons(columns, naming, back, values)
    scene = Scene(name, rankdir=rankdir, shape="circles")
    drawing.fill(scene)
    scene.caption.append(Line(Plain("thick: large weight, dashed: negative"), "note"))
    if back and values:
        unit = Plain("in a unit: ∂J/∂(the unit)")
        weight = Plain("on an edge: ∂J/∂(the weight), in a unit: ∂J/∂(its bias b)")
        scene.caption.append(Line(unit, "note", "between"))
        scene.caption.append(Line(weight, "note", "parameter"))
    return scene


def one_example(
    graph: Graph, feeds: Mapping[Any, Any], example: int
) -> dict[Any, npt.NDArray[Any]]:
    """Cut one example out of a batch, for every input with an open first dimension."""
    leaves = {leaf.name: leaf for leaf in graph.inputs}
    cut: dict[Any, npt.NDArray[Any]] = {}
    for key, value in feeds.items():
        leaf = leaves.get(key) if isinstance(key, str) else key
        array = np.asarray(value)
        batch = isinstance(leaf, Input) and leaf.shape[:1] == (None,)
        if batch and not -len(array) <= example < len(array):
            raise GraphError(f"example {example}: there are {len(array)} in the batch")
        cut[key] = array[[example]] if batch else array
    return cut


def find_columns(graph: Graph) -> list[Column]:
    """Find the vectors: inputs, and what is computed behind each matrix of weights."""
    columns: list[Column] = []
    column_of: dict[Node, int] = {}
    loss_nodes = Labels(graph, Naming(graph), None).loss_nodes
    for node in graph:
        width = node.shape[-1] if node.shape else 1
        before = [column_of[x] for x in node.inputs if x in column_of]
        if isinstance(node, Input) or (node in graph.outputs and not node.shape):
            kernel = None
        elif not before or node in loss_nodes:
            if before:
                column_of[node] = before[0]
                columns[before[0]].also += before[1:]
            continue
        elif isinstance(node.op, Matmul) and isinstance(node.inputs[1], Parameter):
            kernel = node.inputs[1]
        else:
            place = before[0]
            column_of[node] = place
            if width == columns[place].width and columns[place].kernel is not None:
                columns[place].node = node  # bias and activation belong to the unit
                if columns[place].bias is None:
                    columns[place].bias = _bias(node, width)
                if any(module.drops for module in modules_of(node)):
                    columns[place].dropped = node
            continue
        column_of[node] = len(columns)
        source = before[0] if before else -1
        columns.append(Column(node, width or 1, kernel, source=source))
        columns[-1].also = sorted(
            {i for x in node.inputs for i in _below(x, column_of, columns)} - {source}
        )
    return columns


def _bias(node: Node, width: int | None) -> Parameter | None:
    """Return the parameter that a sum adds to every unit, if it is one."""
    if not isinstance(node.op, Add):
        return None
    added = (x for x in node.inputs if isinstance(x, Parameter))
    return next((b for b in added if b.shape == (width,)), None)


def _below(x: Node, column_of: Mapping[Node, int], columns: list[Column]) -> list[int]:
    return [column_of[x], *columns[column_of[x]].also] if x in column_of else []


@dataclass
class _Neurons:
    columns: list[Column]
    naming: Naming
    sweep: Backward | None
    values: Mapping[Node, npt.NDArray[Any]]

    def fill(self, scene: Scene) -> None:
        """Add the units, column by column, and the edges between them."""
        for place, column in enumerate(self.columns):
            for unit in column.shown():
                scene.blocks.append(self._unit(place, column, unit))
        for place, column in enumerate(self.columns):
            if column.kernel is not None:
                scene.links.extend(self._weights(place, column))
            else:
                for source in (column.source, *column.also):
                    if source >= 0:
                        scene.links.extend(self._fully(source, place))

    def _id(self, place: int, unit: int | None) -> str:
        return f"c{place}_more" if unit is None else f"c{place}_{unit + 1}"

    def _unit(self, place: int, column: Column, unit: int | None) -> Block:
        kind: BlockKind = "op"
        if column.source < 0:
            kind = "input"
        elif not column.node.shape:
            kind = "loss"
        block = Block(self._id(place, unit), kind, Plain("⋮"), rank=place)
        block.tooltip = f"{shape_text(column.node.shape)}"
        if unit is None:
            block.kind = "constant"
            return block
        block.title = self._symbol(column.node, column, unit)
        if column.bias is not None:
            block.lines += self._bias_lines(column.bias, unit)
        value = self._element(column.node, unit)
        if value is not None:
            block.lines.append(Line(Plain(number(value, digits=3)), "value"))
        if value == 0 and column.dropped is not None:
            block.lines = [Line(Plain("✗ dropped"), "mark")]
            block.marks = ("dropped",)
            return block
        gradient = self.sweep.gradient.get(column.node) if self.sweep else None
        if gradient is not None and kind == "op":
            slope = self._element(gradient, unit)
            if slope is not None:
                text = f"∂ {number(slope, digits=3)}"
                block.lines.append(Line(Plain(text), "gradient", "between"))
                block.marks = ("dead",) if slope == 0 else ()
        return block

    def _bias_lines(self, bias: Parameter, unit: int) -> list[Line]:
        """Write b of one unit, and ∂J/∂b where gradients are shown."""
        found = self.naming.symbol(bias)
        symbol = found if isinstance(found, Symbol) else Symbol("b")
        sub = f"{symbol.sub},{unit + 1}" if symbol.sub else str(unit + 1)
        symbol = replace(symbol, sub=sub)
        value = Plain(number(float(bias.value[unit]), digits=3))
        lines = [Line(row("+ ", symbol, " = ", value), "shape")]
        gradient = self.sweep.gradient.get(bias) if self.sweep else None
        slope = self._element(gradient, unit) if gradient is not None else None
        if slope is not None:
            text = row("∂", symbol, " ", Plain(number(slope, digits=3)))
            lines.append(Line(text, "shape", "parameter"))
        return lines

    def _symbol(self, node: Node, column: Column, unit: int) -> Written:
        symbol = self.naming.symbol(node)
        if not isinstance(symbol, Symbol):
            return Plain("?")
        if column.width == 1:
            return symbol
        sub = f"{symbol.sub},{unit + 1}" if symbol.sub else str(unit + 1)
        return replace(symbol, sub=sub)

    def _element(self, node: Node, unit: int) -> float | None:
        array = self.values.get(node)
        if array is None:
            return None
        flat = array.reshape(-1)
        return float(flat[unit]) if unit < flat.size else None

    def _weights(self, place: int, column: Column) -> list[Link]:
        kernel = column.kernel
        assert kernel is not None
        origin = self.columns[column.source]
        pairs = [
            (i, j)
            for j in column.shown()
            for i in origin.shown()
            if i is not None and j is not None
        ]
        written = len(pairs) <= MOST_LABELS
        gradient = self.sweep.gradient.get(kernel) if self.sweep else None
        slopes = self.values.get(gradient) if gradient is not None else None
        links = []
        for i, j in pairs:
            weight = self._weight_symbol(kernel, i, j)
            value = float(kernel.value[i, j])
            link = Link(
                self._id(column.source, i), self._id(place, j), "forward", weight=value
            )
            link.tooltip = f"{weight.unicode()} = {number(value)}"
            if written:
                text = row(weight, " = ", Plain(number(value, digits=3)))
                link.lines.append(Line(text, "shape"))
            if written and slopes is not None and self.sweep is not None:
                loss = self.naming.symbol(self.sweep.loss)
                top = loss if isinstance(loss, Symbol) else Symbol("J")
                slope = number(float(slopes[i, j]), digits=3)
                text = measured(Derivative(top, (weight,)), slope)
                link.lines.append(Line(text, "shape", "parameter"))
            links.append(link)
        return links

    def _weight_symbol(self, kernel: Parameter, i: int, j: int) -> Symbol:
        symbol = self.naming.symbol(kernel)
        base = symbol if isinstance(symbol, Symbol) else Symbol("w")
        base = replace(base, base=base.base.lower())
        sub = f"{i + 1}{j + 1}" if max(i, j) < 9 else f"{i + 1},{j + 1}"
        return replace(base, sub=sub)

    def _fully(self, source: int, place: int) -> list[Link]:
        return [
            Link(self._id(source, i), self._id(place, j), "forward")
            for j in self.columns[place].shown()
            for i in self.columns[source].shown()
            if i is not None and j is not None
        ]
