"""Layouts: where in which buffer each element of an array lies."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule import ops
from chainrule.node import Node
from chainrule.ops import Op

Sizes = tuple[int, ...]
DTYPES: dict[str, npt.DTypeLike] = {
    "float": np.float32,
    "double": np.float64,
    "long": np.int64,
    "uchar": np.uint8,
    "ulong": np.uint64,
}
"""The NumPy dtype of each C type that arrays have on the device."""


@dataclass(eq=False)
class Slot:
    """A piece of device memory that kernels are given; its buffer is chosen later.

    Attributes:
        nbytes: how many bytes are needed.
        kept: whether it is needed after the run, and so shares its memory with none.
        handle: the OpenCL buffer.
    """

    nbytes: int
    kept: bool = False
    handle: Any = field(default=None, repr=False)


@dataclass(frozen=True)
class View:
    """An array in a slot: element (i, j) is at offset + i·strides[0] + j·strides[1]."""

    slot: Slot
    ctype: str
    shape: Sizes
    strides: Sizes
    offset: int = 0

    @property
    def contiguous(self) -> bool:
        """Whether the elements lie one behind the other, the last axis fastest."""
        return is_contiguous(self.shape, self.strides)

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)


def packed(slot: Slot, ctype: str, shape: Sizes, offset: int = 0) -> View:
    """Return the contiguous view of a slot."""
    return View(slot, ctype, shape, row_major(shape), offset)


def row_major(shape: Sizes) -> Sizes:
    """Return the strides of a contiguous array."""
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return tuple(reversed(strides))


def is_contiguous(shape: Sizes, strides: Sizes) -> bool:
    """Say whether strides are those of a contiguous array, where it matters."""
    if 0 in shape:
        return True
    wanted = row_major(shape)
    return all(
        size == 1 or a == b for size, a, b in zip(shape, strides, wanted, strict=True)
    )


def view_of(op: Op, view: View, shape: Sizes) -> View | None:
    """Return the view that a shape op is, or None if it would have to copy."""
    if isinstance(op, ops.Transpose):
        strides = tuple(view.strides[a] for a in op.axes)
        return replace(view, shape=shape, strides=strides)
    if isinstance(op, ops.Slice):
        starts = [
            range(size)[slice(*r)].start
            for size, r in zip(view.shape, op.ranges, strict=True)
        ]
        offset = sum(i * s for i, s in zip(starts, view.strides, strict=True))
        steps = tuple(s * r[2] for s, r in zip(view.strides, op.ranges, strict=True))
        return replace(view, shape=shape, strides=steps, offset=view.offset + offset)
    if isinstance(op, ops.BroadcastTo):
        lead = len(shape) - len(view.shape)
        strides = (0,) * lead + tuple(
            0 if size == 1 else s
            for size, s in zip(view.shape, view.strides, strict=True)
        )
        return replace(view, shape=shape, strides=strides)
    if view.contiguous:
        return replace(view, shape=shape, strides=row_major(shape))
    return _without_ones(view, shape)


def _without_ones(view: View, shape: Sizes) -> View | None:
    """Reshape by putting in and leaving out axes of size 1, if that is all."""
    kept = [(n, s) for n, s in zip(view.shape, view.strides, strict=True) if n != 1]
    if tuple(n for n, _ in kept) != tuple(n for n in shape if n != 1):
        return None
    rest = iter(s for _, s in kept)
    strides = tuple(0 if n == 1 else next(rest) for n in shape)
    return replace(view, shape=shape, strides=strides)


def sizes(node: Node) -> Sizes:
    """Return the shape of a specialised node, which has no open dimension."""
    return tuple([s for s in node.shape if s is not None])


def count(node: Node) -> int:
    """Return the number of elements of a specialised node."""
    return math.prod(sizes(node))
