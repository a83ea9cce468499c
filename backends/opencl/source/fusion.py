"""Fusion: which nodes are computed by one kernel.

Every node gets a level: one more than the highest of its operands, or the same if it is
computed in their kernel. Nodes of one level and one shape share a kernel, which goes
over that shape row by row; sums and extrema along the last axis stay in it, and so do
numbers computed from them, such as softmax and the loss after it. What is computed
element by element from a matrix product, such as bias and activation, is done by the
product's own kernel while the elements are in registers. What is simple, and read once,
is computed there if its operands are stored anyway: the derivative of an activation is
not stored beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from chainrule import ops
from chainrule.backends.opencl.source.accumulators import REDUCTIONS
from chainrule.backends.opencl.source.index import (
    ANYWHERE,
    LANE,
    TRANSPARENT,
    Index,
    operand_index,
)
from chainrule.backends.opencl.source.moves import INDEXING
from chainrule.node import Node
from chainrule.ops import Elementwise
from chainrule.ops.reductions import Reduction
from chainrule.program.sizes import Sizes, sizes
from chainrule.program.storage import VIEWS, Layout, row_major

LONGEST_ROW = 4096
"""Length up to which one work item reduces a row alone."""
MOST_MEMBERS = 96


@dataclass(eq=False)
class Group:
    """Nodes that one kernel computes.

    Attributes:
        level: when it can be computed.
        shape: the shape that the kernel iterates over.
        members: the nodes, operands first, each with its index in the kernel's terms.
        product: the matrix product that the others are computed from, if any.
    """

    level: int
    shape: Sizes
    members: dict[Node, Index] = field(default_factory=dict)
    product: Node | None = None

    @property
    def label(self) -> str:
        """The ops of the members."""
        names = [node.op.type_name for node in self.members if node.op]
        return "_".join(dict.fromkeys(names))[:40]

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


@dataclass(frozen=True)
class Fusion:
    """How the nodes of one phase are shared out among kernels.

    Attributes:
        level: when each node can be computed.
        group: the group of each node that shares a kernel with others, or could.
        views: the nodes that are views of their operand, and how they lie in memory
            where the operand is stored row by row.
    """

    level: Mapping[Node, int]
    group: Mapping[Node, Group]
    views: Mapping[Node, Layout]


SIMPLE = (
    ops.Greater, ops.GreaterEqual, ops.Less, ops.LessEqual, ops.ToFloat, ops.Neg,
    ops.Add, ops.Sub, ops.Mul, ops.Square, ops.OneHot,
)  # fmt: skip
"""Ops that take a kernel no longer than to read their result."""
MOST_LATE = 8
"""Nodes that an operand of a reader may be, with its own operands."""


def fuse(
    order: Sequence[Node],
    leaf: Callable[[Node], Layout | None],
    readers: Mapping[Node, Collection[Node]],
) -> Fusion:
    """Group nodes into kernels.

    Args:
        order: the nodes to compute on the device, operands first.
        leaf: returns where an input, a parameter or an array of constants lies.
        readers: who reads each node and leaf.
    """
    fuser = _Fuser(leaf, _late(order, readers))
    for node in order:
        fuser.add(node)
    return Fusion(fuser.level, fuser.group, fuser.views)


def _late(
    order: Sequence[Node], readers: Mapping[Node, Collection[Node]]
) -> dict[Node, int]:
    """Find the nodes that their only reader computes, from what is stored anyway.

    Returns:
        How many nodes each of them is, those of its operands included that are found.
    """
    late: dict[Node, int] = {}
    for node in order:
        if not isinstance(node.op, SIMPLE) or len(readers[node]) != 1:
            continue
        (reader,) = readers[node]
        kept = all(
            x in late
            or x.op is None
            or any(isinstance(r.op, ops.Matmul) for r in readers[x])
            for x in node.inputs
        )
        along = isinstance(reader.op, Elementwise) and reader.shape == node.shape
        nodes = 1 + sum(late.get(x, 0) for x in node.inputs)
        if kept and along and nodes <= MOST_LATE:
            late[node] = nodes
    return late


class _Fuser:
    """Groups nodes as they come."""

    def __init__(
        self, leaf: Callable[[Node], Layout | None], late: Container[Node]
    ) -> None:
        self.level: dict[Node, int] = {}
        self.group: dict[Node, Group] = {}
        self.views: dict[Node, Layout] = {}
        self._leaf = leaf
        self._late = late
        self._open: dict[tuple[int, Sizes], Group] = {}

    def add(self, node: Node) -> None:
        """Find the kernel that a node, all of whose operands were added, belongs to."""
        if node in self._late:
            return
        top = max(map(self._level, node.inputs), default=-1)
        if _is_fusible(node):
            last = [x for x in node.inputs if self.level.get(x, -1) == top]
            groups = {self.group.get(x) for x in last}
            group = groups.pop() if len(groups) == 1 and top >= 0 else None
            if group and self._join(node, group):
                return
        view = self._view(node) if type(node.op) in VIEWS else None
        if isinstance(node.op, ops.Matmul):
            self._join(node, Group(top + 1, sizes(node), product=node))
        elif view is not None:
            self.views[node], self.level[node] = view, top
        elif _is_fusible(node) or type(node.op) in VIEWS:
            level, shape = top + 1, _shape_alone(node)
            if not any(self._join(node, group) for group in self._shared(node, level)):
                group = self._open[level, shape] = Group(level, shape)
                self._join(node, group)
        else:
            self.level[node] = top + 1

    def _level(self, node: Node) -> int:
        """Return the level of a node, or from when on it can be computed."""
        if node not in self.level and node in self._late:
            return max(map(self._level, node.inputs))
        return self.level.get(node, -1)

    def _view(self, node: Node) -> Layout | None:
        """Return how a shape op lies in memory, or None if it must copy elements."""
        (x,) = node.inputs
        assert node.op is not None
        base = self.views.get(x) or self._leaf(x)
        if base is None:
            base = Layout(shape=sizes(x), strides=row_major(sizes(x)))
        return base.view_of(node.op, sizes(node))

    def _shared(self, node: Node, level: int) -> Iterator[Group]:
        """Yield the open groups in which a node could be computed."""
        if isinstance(node.op, ops.Pick):
            rows = self._open.get((level, sizes(node.inputs[0])))
            if rows and rows.reductions:
                yield rows
        alone = self._open.get((level, _shape_alone(node)))
        if alone:
            yield alone

    def _join(self, node: Node, group: Group) -> bool:
        """Add a node to a group if it can be computed there; return whether it can.

        Operands that only this node reads are added with it, or not at all.
        """
        before = len(group.members)
        late = (x for x in node.inputs if x in self._late and x not in self.level)
        if all(self._join(x, group) for x in late) and self._add(node, group):
            return True
        for added in [*group.members][before:]:
            del group.members[added], self.group[added], self.level[added]
        return False

    def _add(self, node: Node, group: Group) -> bool:
        """Add a node to a group if it can be computed there; return whether it can."""
        if len(group.members) >= MOST_MEMBERS:
            return False
        if group.product not in (None, node) and not isinstance(node.op, Elementwise):
            return False
        index = _index_in(node, group)
        if index is None or not self._fits(node, index, group):
            return False
        group.members[node] = index
        self.group[node] = group
        self.level[node] = group.level
        return True

    def _fits(self, node: Node, index: Index, group: Group) -> bool:
        """Return whether every operand is there when the kernel comes to this index."""
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


def _shape_alone(node: Node) -> Sizes:
    """Return the shape that a kernel goes over in which a node is the first."""
    return sizes(node.inputs[0] if type(node.op) in REDUCTIONS else node)


def _is_fusible(node: Node) -> bool:
    """Return whether a node can share a kernel with others."""
    op = node.op
    if type(op) not in REDUCTIONS:
        return isinstance(op, Elementwise) or type(op) in {*TRANSPARENT, *INDEXING}
    assert isinstance(op, (Reduction, ops.Argmax))
    axes = (op.axis,) if isinstance(op, ops.Argmax) else op.axes
    (x,) = node.inputs
    return axes == (x.ndim - 1,) and 0 < sizes(x)[-1] <= LONGEST_ROW


def _index_in(node: Node, group: Group) -> Index | None:
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
    index = known[0]
    if isinstance(op, ops.Pick):
        rows = index is None and sizes(node.inputs[0]) == group.shape
        there = index == group.full or (rows and bool(group.reductions))
        return group.full[:-1] if there else None
    if isinstance(op, (Elementwise, ops.BroadcastTo)):
        return _merged(node, known)
    if index is None:
        return None
    if isinstance(op, ops.ExpandDims):
        rest = iter(index)
        return tuple("0" if a in op.axes else next(rest) for a in range(node.ndim))
    if isinstance(op, ops.Squeeze):
        return tuple(i for a, i in enumerate(index) if a not in op.axes)
    return None


def _merged(node: Node, known: Sequence[Index | None]) -> Index | None:
    """Return the index of a result whose shape is that of some numbers of a row."""
    index = ["0"] * node.ndim
    for given in known:
        for back, name in enumerate(reversed(given or ()), start=1):
            if name != "0":
                index[-back] = name
    used = [name for name in index if name != "0"]
    if len(set(used)) < len(used):  # as in x[:, None] − x, which pairs all elements
        return None
    axes = zip(sizes(node), index, strict=True)
    return tuple(index) if all((size == 1) == (i == "0") for size, i in axes) else None
