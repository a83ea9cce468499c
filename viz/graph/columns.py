"""Columns of units: the vectors of a graph, and the weights in front of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chainrule.kinds.module import modules_of
from chainrule.node import Input, Node, Parameter
from chainrule.ops.arithmetic import Add
from chainrule.ops.linalg import Matmul
from chainrule.viz.graph.subject import Subject

WIDEST = 6
"""Columns up to this width are shown whole; of wider ones the first and last units."""


@dataclass(frozen=True)
class Column:
    """The units of one vector: an input, or what a layer computes.

    Attributes:
        node: the vector, after bias and activation.
        total: the vector before the activation, after the bias: z.
        width: how many units it has.
        kernel: the matrix of weights in front of it, (units before, units).
        bias: the parameter that is added to it.
        source: the index of the column that its first operand is in.
        also: the indices of the columns that its other operands are in.
        dropped: the vector after dropout; a unit that is 0 there was dropped.
    """

    node: Node
    width: int
    kernel: Parameter | None = None
    bias: Parameter | None = None
    source: int | None = None
    also: tuple[int, ...] = ()
    dropped: Node | None = None
    total: Node | None = None

    @property
    def sources(self) -> tuple[int, ...]:
        """The indices of all columns that it is computed from."""
        return self.also if self.source is None else (self.source, *self.also)

    @property
    def shown(self) -> list[int | None]:
        """The units that are drawn; None stands for those left out."""
        if self.width <= WIDEST:
            return list(range(self.width))
        return [0, 1, 2, None, self.width - 2, self.width - 1]


def find_columns(subject: Subject) -> tuple[Column, ...]:
    """Find the vectors: inputs, the result of each matrix of weights, and the loss."""
    columns: list[Column] = []
    column_of: dict[Node, int] = {}
    for node in subject.graph:
        before = [column_of[x] for x in node.inputs if x in column_of]
        scalar_output = node in subject.graph.outputs and not node.shape
        leaf_or_output = isinstance(node, Input) or scalar_output
        inside_loss = node in subject.loss_nodes
        kernel = None if leaf_or_output or inside_loss else _kernel(node)
        if leaf_or_output or (before and kernel is not None):
            column_of[node] = len(columns)
            columns.append(_column(node, kernel, before, columns))
        elif before:
            first, *others = before
            column_of[node] = first
            columns[first] = (
                replace(columns[first], also=(*columns[first].also, *others))
                if inside_loss
                else _continued(columns[first], node)
            )
    return tuple(columns)


def _column(
    node: Node,
    kernel: Parameter | None,
    before: Sequence[int],
    columns: Sequence[Column],
) -> Column:
    """Return the column of a vector that is computed from other columns."""
    source = before[0] if before else None
    also = {i for place in before for i in (place, *columns[place].also)} - {source}
    return Column(
        node, _width(node) or 1, kernel, source=source, also=tuple(sorted(also)),
        total=node if kernel is not None else None,
    )  # fmt: skip


def _continued(column: Column, node: Node) -> Column:
    """Count a bias, an activation or dropout among the units it is applied to."""
    width = _width(node)
    if column.kernel is None or width != column.width:
        return column
    drops = any(module.drops for module in modules_of(node))
    bias = _bias(node, width) if column.bias is None else None
    return replace(
        column,
        node=node,
        bias=column.bias if bias is None else bias,
        total=column.total if bias is None else node,
        dropped=node if drops else column.dropped,
    )


def _width(node: Node) -> int | None:
    return node.shape[-1] if node.shape else 1


def _kernel(node: Node) -> Parameter | None:
    """Return the parameter that a vector is multiplied by, if there is one."""
    matrix = node.inputs[1] if isinstance(node.op, Matmul) else None
    return matrix if isinstance(matrix, Parameter) else None


def _bias(node: Node, width: int | None) -> Parameter | None:
    """Return the parameter that a sum adds to a vector, if there is one."""
    if not isinstance(node.op, Add):
        return None
    added = (x for x in node.inputs if isinstance(x, Parameter))
    return next((b for b in added if b.shape == (width,)), None)
