"""Layouts: where in which piece of device memory each element of an array lies."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from chainrule.dtypes import Dtype
from chainrule.node import Node
from chainrule.program.sizes import Sizes, sizes
from chainrule.program.storage import Layout, row_major

Floats = Literal["float", "double"]
"""The C type of a program's floats."""
DTYPES: dict[str, np.dtype[np.generic]] = {
    "float": np.dtype(np.float32),
    "double": np.dtype(np.float64),
    "long": np.dtype(np.int64),
    "uchar": np.dtype(np.uint8),
    "ulong": np.dtype(np.uint64),
}
"""The NumPy dtype of each C type that arrays have on the device."""


@dataclass(frozen=True, eq=False)
class Slot:
    """A piece of device memory that kernels are given; its buffer is chosen later.

    Attributes:
        nbytes: how many bytes are needed.
        persistent: whether it is needed after the run, so that it shares its buffer
            with no other slot.
    """

    nbytes: int
    persistent: bool = False


class Argument(NamedTuple):
    """A pointer that a kernel is given.

    Attributes:
        slot: the memory that it points into.
        ctype: the C type of what it points to.
        start: how many elements of the slot come before.
    """

    slot: Slot
    ctype: str
    start: int = 0


@dataclass(frozen=True, kw_only=True)
class View(Layout):
    """An array in a slot.

    Attributes:
        slot: the memory that its elements lie in.
        ctype: the C type of the elements.
    """

    slot: Slot
    ctype: str

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """The NumPy dtype of the elements."""
        return DTYPES[self.ctype]

    @property
    def pointer(self) -> Argument:
        """The argument of kernels that points to the first element."""
        return Argument(self.slot, self.ctype, self.offset)

    @property
    def nbytes(self) -> int:
        """The bytes of all elements."""
        return self.size * self.dtype.itemsize

    @property
    def byte_span(self) -> range:
        """The bytes of the slot from the first element to the last."""
        places, size = self.span, self.dtype.itemsize
        return range(places.start * size, places.stop * size)

    def begins_at(self, other: View) -> bool:
        """Return whether the first elements of two views are the same."""
        return self.slot is other.slot and self.byte_span.start == other.byte_span.start

    def overlaps(self, other: View) -> bool:
        """Return whether two views may share elements."""
        if self.slot is not other.slot:
            return False
        a, b = self.byte_span, other.byte_span
        return a.start < b.stop and b.start < a.stop


def packed(slot: Slot, ctype: str, shape: Sizes, offset: int = 0) -> View:
    """Return the contiguous view of a slot from some element on."""
    return View(
        slot=slot, ctype=ctype, shape=shape, strides=row_major(shape), offset=offset
    )


def new_view(ctype: str, shape: Sizes, *, persistent: bool = False) -> View:
    """Return a contiguous view that fills a slot of its own."""
    nbytes = math.prod(shape) * DTYPES[ctype].itemsize
    return packed(Slot(nbytes, persistent), ctype, shape)


def ctype_of(dtype: Dtype, floats: Floats) -> str:
    """Return the C type that elements have in memory."""
    return {"float": floats, "int": "long", "bool": "uchar"}[dtype]


def new_view_for(node: Node, floats: Floats, *, persistent: bool = False) -> View:
    """Return a contiguous view of its own for the result of a node."""
    return new_view(ctype_of(node.dtype, floats), sizes(node), persistent=persistent)
