"""Memory: the arrays that all phases of a program share."""

from __future__ import annotations

import math
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from chainrule.dtypes import Dtype
from chainrule.node import Input, Parameter
from chainrule.program.flat import aligned
from chainrule.program.sizes import Sizes, numpy_dtype
from chainrule.program.storage import FreeBlocks

Array: TypeAlias = npt.NDArray[Any]


class Buffer(NamedTuple):
    """Raw memory, and the array that it is used as."""

    raw: Array
    array: Array


class Pool:
    """Hands out buffers, and takes back those that are no longer read."""

    def __init__(self) -> None:
        self._free: FreeBlocks[Array] = FreeBlocks()
        self.allocated = 0
        """Bytes allocated in all: the peak memory of intermediate results."""

    def take(self, shape: Sizes, dtype: np.dtype[Any]) -> Buffer:
        """Return a contiguous buffer: the best fit of those given back, or new."""
        need = math.prod(shape) * dtype.itemsize
        raw = self._free.take(need)
        if raw is None:
            raw = aligned(max(need, 64), np.dtype(np.uint8))
            self.allocated += raw.nbytes
        return Buffer(raw, raw[:need].view(dtype).reshape(shape))

    def give_back(self, buffer: Buffer) -> None:
        """Take a buffer back."""
        self._free.add(buffer.raw, buffer.raw.nbytes)


class Memory:
    """The inputs, parameters and buffers of a program.

    Args:
        floats: the dtype of floats.

    Attributes:
        inputs: the array that each input is put in.
        parameters: the array that each parameter is read from and assigned to: its
            value itself, or a contiguous copy of the program's dtype.
        pool: the buffers of intermediate results.
    """

    def __init__(self, floats: np.dtype[Any]) -> None:
        self.floats = floats
        self.inputs: dict[Input, Array] = {}
        self.parameters: dict[Parameter, Array] = {}
        self.pool = Pool()

    def dtype(self, dtype: Dtype) -> np.dtype[Any]:
        """Return the NumPy dtype of a node's elements."""
        return numpy_dtype(dtype, self.floats)

    def buffer(self, shape: Sizes, dtype: Dtype) -> Buffer:
        """Take a buffer from the pool."""
        return self.pool.take(shape, self.dtype(dtype))

    def input(self, leaf: Input, shape: Sizes) -> Array:
        """Return the array of an input."""
        if leaf not in self.inputs:
            self.inputs[leaf] = np.zeros(shape, self.dtype(leaf.dtype))
        return self.inputs[leaf]

    def parameter(self, leaf: Parameter) -> Array:
        """Return the array of a parameter that is read."""
        if leaf not in self.parameters:
            value = leaf.value
            native = self.is_native(value)
            self.parameters[leaf] = value if native else value.astype(self.floats)
        return self.parameters[leaf]

    def home(self, target: Parameter) -> Array:
        """Return the array that a parameter is assigned to."""
        return self.parameters.get(target, target.value)

    def is_native(self, array: Array) -> bool:
        """Whether generated code can read and write an array as it is."""
        return array.dtype == self.floats and array.flags.c_contiguous


def is_same(a: Array, b: Array) -> bool:
    """Whether two arrays are the same memory in the same shape."""
    return (
        a.__array_interface__["data"] == b.__array_interface__["data"]
        and a.shape == b.shape
        and a.strides == b.strides
    )
