"""Views: ops whose result is another way to look at the memory of their operand."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from chainrule import ops
from chainrule.ops import Op
from chainrule.program.sizes import Sizes

VIEWS: frozenset[type[Op]] = frozenset({
    ops.Reshape, ops.ExpandDims, ops.Squeeze, ops.Transpose, ops.Slice, ops.BroadcastTo,
})  # fmt: skip
"""Ops that need not compute anything: a backend can read their operand instead."""


def view_of(op: Op, x: npt.NDArray[Any], shape: Sizes) -> npt.NDArray[Any] | None:
    """Return the view of an array that an op of `VIEWS` is.

    None if elements would have to be copied.
    """
    if isinstance(op, ops.Transpose):
        return x.transpose(op.axes)
    if isinstance(op, ops.Slice):
        return x[tuple(slice(*r) for r in op.ranges)]
    if isinstance(op, ops.BroadcastTo):
        return np.broadcast_to(x, shape)
    view = x.reshape(shape)
    return view if view.size == 0 or np.may_share_memory(view, x) else None


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How an array lies in a buffer, for memory that is not NumPy's.

    Element (i, j) is at ``offset + i * strides[0] + j * strides[1]``, counted in
    elements. A subclass can add which buffer that is; views stay in it.
    """

    shape: Sizes
    strides: Sizes
    offset: int = 0

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def contiguous(self) -> bool:
        """Whether the elements lie side by side, the last axis fastest."""
        if 0 in self.shape:
            return True
        axes = zip(self.shape, self.strides, row_major(self.shape), strict=True)
        return all(size == 1 or given == wanted for size, given, wanted in axes)

    @property
    def span(self) -> range:
        """The places in the buffer from the first element to the last."""
        if not self.size:
            return range(0)
        axes = zip(self.shape, self.strides, strict=True)
        reach = [(size - 1) * stride for size, stride in axes]
        low = self.offset + sum(step for step in reach if step < 0)
        return range(low, self.offset + sum(step for step in reach if step > 0) + 1)

    def view_of(self, op: Op, shape: Sizes) -> Self | None:
        """Return the layout of the view that an op of `VIEWS` is.

        None if elements would have to be copied.
        """
        if isinstance(op, ops.Transpose):
            return replace(self, shape=shape, strides=self._permuted(op.axes))
        if isinstance(op, ops.Slice):
            return self._sliced(op, shape)
        if isinstance(op, ops.BroadcastTo):
            return replace(self, shape=shape, strides=self._repeated(shape))
        if self.contiguous:
            return replace(self, shape=shape, strides=row_major(shape))
        return self._without_ones(shape)

    def _permuted(self, axes: Sizes) -> Sizes:
        return tuple(self.strides[axis] for axis in axes)

    def _sliced(self, op: ops.Slice, shape: Sizes) -> Self:
        offset, strides = self.offset, []
        for size, stride, cut in zip(self.shape, self.strides, op.ranges, strict=True):
            places = range(size)[slice(*cut)]
            offset += places.start * stride
            strides.append(places.step * stride)
        return replace(self, shape=shape, strides=tuple(strides), offset=offset)

    def _repeated(self, shape: Sizes) -> Sizes:
        new = len(shape) - len(self.shape)
        axes = zip(self.shape, self.strides, strict=True)
        return (0,) * new + tuple(0 if size == 1 else stride for size, stride in axes)

    def _without_ones(self, shape: Sizes) -> Self | None:
        """Reshape by adding and dropping axes of size 1, if that is all."""
        axes = zip(self.shape, self.strides, strict=True)
        longer = [(size, stride) for size, stride in axes if size != 1]
        if [size for size, _ in longer] != [size for size in shape if size != 1]:
            return None
        strides = iter(stride for _, stride in longer)
        kept = tuple(0 if size == 1 else next(strides) for size in shape)
        return replace(self, shape=shape, strides=kept)


def row_major(shape: Sizes) -> Sizes:
    """Return the strides, in elements, of a contiguous array."""
    strides, stride = [], 1
    for size in reversed(shape):
        strides.append(stride)
        stride *= size
    return tuple(reversed(strides))
