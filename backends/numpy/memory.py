"""Buffers: which memory each result lives in, reused as soon as it is dead."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from chainrule.node import Constant, Dtype, Node
from chainrule.ops import Op
from chainrule.program.flat import aligned

INT = np.dtype(np.int64)
BOOL = np.dtype(np.bool_)


class Buffer(NamedTuple):
    """Raw memory, and the array that it is used as."""

    raw: npt.NDArray[Any]
    array: npt.NDArray[Any]


class Pool:
    """Hands out buffers, and takes back those that are no longer read."""

    def __init__(self) -> None:
        self._free: dict[int, list[npt.NDArray[Any]]] = {}  # by size in bytes
        self.allocated = 0
        """Bytes allocated in all: the peak memory of intermediate results."""

    def take(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Buffer:
        """Return a contiguous buffer: the best fit of those given back, or new."""
        need = math.prod(shape) * dtype.itemsize
        fits = [size for size in self._free if need <= size <= 4 * need + 256]
        if fits:
            size = min(fits)
            raw = self._free[size].pop()
            if not self._free[size]:
                del self._free[size]
        else:
            raw = aligned(max(need, 64), np.dtype(np.uint8))
            self.allocated += raw.nbytes
        return Buffer(raw, raw[:need].view(dtype).reshape(shape))

    def give_back(self, buffer: Buffer) -> None:
        """Take a buffer back."""
        self._free.setdefault(buffer.raw.nbytes, []).append(buffer.raw)


def width(dtype: Dtype, floats: np.dtype[Any]) -> np.dtype[Any]:
    """Return the NumPy dtype of a node's dtype."""
    return floats if dtype == "float" else INT if dtype == "int" else BOOL


def sizes(node: Node) -> tuple[int, ...]:
    """Return the shape of a specialised node, which has no open dimension."""
    return tuple([s for s in node.shape if s is not None])


def op_class(node: Node) -> type[Op]:
    """Return the class of a computed node's op."""
    assert node.op is not None
    return type(node.op)


def label(node: Node) -> str:
    """Return the name that generated code gives to a node's result."""
    if isinstance(node, Constant):
        return f"c{node.value.item():g}" if node.shape == () else "constant"
    own = node.name or (node.op.type_name if node.op else "leaf")
    return "_".join([*(s.name or s.label for s in node.scope), own])
