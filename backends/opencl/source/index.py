"""Indices: which element of an array a kernel computes, in the kernel's own terms."""

from __future__ import annotations

from chainrule import ops
from chainrule.node import Node
from chainrule.ops import Elementwise, Op
from chainrule.program.sizes import sizes

Index = tuple[str, ...]
"""A C expression for each axis; "0" along an axis of size 1."""
LANE = "c"
"""The index along the last axis of a kernel's shape."""
FLAT: Index = ("i",)
"""The index of a kernel that takes all its arrays as one long row."""
ANYWHERE = "?"
"""Stands for a place along an axis that the kernel computes as it runs."""

TRANSPARENT: frozenset[type[Op]] = frozenset({
    ops.ExpandDims, ops.Squeeze, ops.BroadcastTo,
})  # fmt: skip
"""Shape ops that a kernel sees through by dropping or repeating an index."""


def operand_index(node: Node, position: int, index: Index) -> Index | None:
    """Return where an op reads an operand to compute its result at `index`.

    None if it reads more than one element, or at a place that must be computed.
    """
    op, shape = node.op, sizes(node.inputs[position])
    if isinstance(op, (Elementwise, ops.BroadcastTo)):
        return _broadcast(index[len(index) - len(shape) :], shape)
    if isinstance(op, ops.ExpandDims):
        return tuple(i for a, i in enumerate(index) if a not in op.axes)
    if isinstance(op, ops.Squeeze):
        rest = iter(index)
        return tuple("0" if a in op.axes else next(rest) for a in range(len(shape)))
    if isinstance(op, ops.OneHot):
        return index[:-1]
    if isinstance(op, ops.Pick):
        if position:
            return _broadcast(index, shape)
        return (*_broadcast(index, shape[:-1]), ANYWHERE)
    return None


def _broadcast(index: Index, shape: tuple[int, ...]) -> Index:
    """Return an index with 0 along the axes of size 1."""
    return tuple("0" if size == 1 else i for i, size in zip(index, shape, strict=True))
