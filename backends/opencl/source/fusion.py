"""Fusion: which nodes are computed by one kernel.

Every node gets a level: one more than the highest of its operands, or the same if it is
computed in their kernel. Nodes of one level and one shape share a kernel, which goes
over that shape row by row; sums and extrema along the last axis stay in it, as do
numbers computed from them, such as softmax and the loss after it. What is computed
element by element from a matrix product, such as bias and activation, is done by the
product's own kernel while the elements are in registers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from chainrule import ops
from chainrule.backends.opencl.source.layout import Sizes, sizes
from chainrule.backends.opencl.source.templates import (
    INDEXING,
    REDUCTIONS,
    TRANSPARENT,
    VIEWS,
)
from chainrule.node import Node
from chainrule.ops import Elementwise
from chainrule.ops.reductions import Reduction

Index = tuple[str, ...]
"""An index for each axis, as C expressions; "0" along an axis of size 1."""

LONGEST_ROW = 4096
"""Length up to which one work item reduces a row alone."""
MOST_MEMBERS = 96
LANE = "c"
"""The index along the last axis of a kernel's shape."""
ANYWHERE = "?"


@dataclass(eq=False)
class Group:
    """Nodes that one kernel computes, each with its index in the kernel's terms."""

    level: int
    shape: Sizes
    members: dict[Node, Index] = field(default_factory=dict)
    product: Node | None = None
    """The matrix product that the others are computed from, as its elements come."""

    @property
    def full(self) -> Index:
        """The index of a node that has the kernel's own shape."""
        *rows, last = [*self.shape] or [1]
        names = [f"r{i}" if size != 1 else "0" for i, size in enumerate(rows)]
        return (*names, LANE if last != 1 else "0")[: len(self.shape)]

    @property
    def reductions(self) -> list[Node]:
        """The members that gather along the last axis."""
        return [node for node in self.members if type(node.op) in REDUCTIONS]


def operand_index(node: Node, position: int, index: Index) -> Index | None:
    """Return where an op reads an operand to compute its result at `index`.

    None if it reads more than one element, or at a place that must be computed.
    """
    x, op = node.inputs[position], node.op
    shape = sizes(x)
    if isinstance(op, (Elementwise, ops.BroadcastTo)):
        aligned = index[len(index) - len(shape) :]
        pairs = zip(aligned, shape, strict=True)
        return tuple("0" if size == 1 else i for i, size in pairs)
    if isinstance(op, ops.ExpandDims):
        return tuple(i for a, i in enumerate(index) if a not in op.axes)
    if isinstance(op, ops.Squeeze):
        rest = iter(index)
        return tuple("0" if a in op.axes else next(rest) for a in range(len(shape)))
    if isinstance(op, ops.OneHot):
        return index[:-1]
    if isinstance(op, ops.Pick):
        aligned = tuple(
            "0" if size == 1 else i for i, size in zip(index, shape, strict=False)
        )
        return aligned if position else (*aligned, ANYWHERE)
    return None


class Fusion:
    """Levels and groups of the nodes of one phase.

    Args:
        order: the nodes to compute on the device, operands first.
        is_view: whether a shape op can be a view of its operand where that is stored.
    """

    def __init__(self, order: Sequence[Node], is_view: Callable[[Node], bool]) -> None:
        self.level: dict[Node, int] = {}
        self.group: dict[Node, Group] = {}
        self._open: dict[tuple[int, Sizes], Group] = {}
        for node in order:
            self._place(node, is_view)

    def _place(self, node: Node, is_view: Callable[[Node], bool]) -> None:
        top = max([self.level.get(x, -1) for x in node.inputs], default=-1)
        if self._fusible(node):
            last = [x for x in node.inputs if self.level.get(x, -1) == top]
            groups = {self.group.get(x) for x in last}
            group = groups.pop() if len(groups) == 1 and top >= 0 else None
            if group and self._join(node, group):
                return
        if isinstance(node.op, ops.Matmul):
            self._join(node, Group(top + 1, sizes(node), product=node))
        elif type(node.op) in VIEWS and is_view(node):
            self.level[node] = top
        elif self._fusible(node) or type(node.op) in VIEWS:
            shape = sizes(node.inputs[0] if self._of_row(node, top + 1) else node)
            group = self._open.setdefault((top + 1, shape), Group(top + 1, shape))
            if not self._join(node, group):
                group = self._open[top + 1, shape] = Group(top + 1, shape)
                self._join(node, group)
        else:
            self.level[node] = top + 1

    def _of_row(self, node: Node, level: int) -> bool:
        """Whether a kernel that goes over a row of the operand has the result there."""
        group = self._open.get((level, sizes(node.inputs[0])))
        picked = isinstance(node.op, ops.Pick) and group and group.reductions
        return bool(picked) or type(node.op) in REDUCTIONS

    def _fusible(self, node: Node) -> bool:
        op = node.op
        if isinstance(op, Reduction) and type(op) in REDUCTIONS:
            axes = op.axes
        elif isinstance(op, ops.Argmax):
            axes = (op.axis,)
        else:
            return isinstance(op, Elementwise) or type(op) in TRANSPARENT | INDEXING
        (x,) = node.inputs
        return axes == (x.ndim - 1,) and 0 < sizes(x)[-1] <= LONGEST_ROW

    def _join(self, node: Node, group: Group) -> bool:
        if len(group.members) >= MOST_MEMBERS:
            return False
        if group.product not in (None, node) and not isinstance(node.op, Elementwise):
            return False
        index = self._index_in(node, group)
        if index is None or not self._fits(node, index, group):
            return False
        group.members[node] = index
        self.group[node] = group
        self.level[node] = group.level
        return True

    def _index_in(self, node: Node, group: Group) -> Index | None:
        """Return a node's index in a group's terms, or None if it has none."""
        op = node.op
        if type(op) in REDUCTIONS:
            if sizes(node.inputs[0]) != group.shape:
                return None
            keep = isinstance(op, Reduction) and op.keepdims
            return (*group.full[:-1], "0") if keep else group.full[:-1]
        if sizes(node) == group.shape:
            return group.full
        known = [group.members.get(x) for x in node.inputs]
        if isinstance(op, ops.Pick):
            x = node.inputs[0]
            there = known[0] == group.full or (
                known[0] is None and sizes(x) == group.shape and bool(group.reductions)
            )
            return group.full[:-1] if there else None
        if isinstance(op, (Elementwise, ops.BroadcastTo)):
            return self._merged(node, known)
        index = known[0]
        if index is None or type(op) not in TRANSPARENT:
            return None
        if isinstance(op, ops.ExpandDims):
            rest = iter(index)
            return tuple("0" if a in op.axes else next(rest) for a in range(node.ndim))
        assert isinstance(op, ops.Squeeze)
        return tuple(i for a, i in enumerate(index) if a not in op.axes)

    def _merged(self, node: Node, known: Sequence[Index | None]) -> Index | None:
        """Return the index of a result whose shape is that of some row numbers."""
        index = ["0"] * node.ndim
        for given in known:
            for back, name in enumerate(reversed(given or ()), start=1):
                if name != "0":
                    index[-back] = name
        whole = all(
            (size == 1) == (i == "0")
            for size, i in zip(sizes(node), index, strict=True)
        )
        return tuple(index) if whole else None

    def _fits(self, node: Node, index: Index, group: Group) -> bool:
        """Whether every operand is there when the kernel comes to this index."""
        for position, x in enumerate(node.inputs):
            if x not in group.members:
                if self.level.get(x, -1) >= group.level:
                    return False
                continue
            at = group.members[x]
            if type(node.op) in REDUCTIONS:
                wanted: Index | None = group.full
            else:
                wanted = operand_index(node, position, index)
            if wanted is None or (wanted != at and wanted != (*at[:-1], ANYWHERE)):
                return False
        return True
