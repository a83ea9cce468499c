"""Mirrors: the device's copies of the memory that parameters lie in."""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from chainrule.backends.opencl.source.layout import Slot, View
from chainrule.errors import BackendError
from chainrule.node import Parameter

if TYPE_CHECKING:
    from chainrule.backends.opencl.device.runtime import Runtime

Array = npt.NDArray[Any]
_CTYPES = {"float32": "float", "float64": "double"}


class Mirror(Slot):
    """The device's copy of one piece of host memory, shared by all executables.

    Attributes:
        start: the host address that the copy begins at.
        used: how many of its bytes parameters may lie in.
        newer: whether the device has written to it since it was last pulled.
    """

    def __init__(self, root: Array, runtime: Runtime) -> None:
        address = root.__array_interface__["data"][0]
        # Bytes hold a vector that begins at the first multiple of 64 in them. Where
        # that lies on the device is part of the kernels' source: always the same.
        spare = 64 - -address % 64 if root.dtype == np.uint8 else 0
        self.used = root.nbytes - 64 if spare else root.nbytes
        self.start = address - spare
        super().__init__(spare + root.nbytes, kept=True)
        self.root = weakref.ref(root)
        self.newer = False
        self.handle = runtime.allocate(self.nbytes, "parameters")
        runtime.upload(self.handle, spare, _bytes(address, root.nbytes))


class Mirrors:
    """The mirrors of all memory that parameters of a backend's programs lie in."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._of: dict[int, Mirror] = {}

    def view(self, parameter: Parameter) -> View:
        """Return where a parameter lies on the device; copies it there if need be.

        Raises:
            BackendError: its value is neither float32 nor float64.
        """
        value = parameter.value
        ctype = _CTYPES.get(value.dtype.name)
        if ctype is None:
            raise BackendError(
                f"parameter {parameter.name} is {value.dtype}; on OpenCL a parameter "
                "is float32 or float64: convert its value"
            )
        if ctype == "double":
            self._runtime.need_float64(f"parameter {parameter.name}")
        mirror = self._mirror(value)
        offset = value.__array_interface__["data"][0] - mirror.start
        strides = tuple(s // value.itemsize for s in value.strides)
        return View(mirror, ctype, value.shape, strides, offset // value.itemsize)

    def _mirror(self, value: Array) -> Mirror:
        root = _root(value)
        mirror = self._of.get(id(root))
        if mirror is None or mirror.root() is not root:
            mirror = self._of[id(root)] = Mirror(root, self._runtime)
            weakref.finalize(root, _forget, weakref.ref(self), id(root))
        return mirror

    def push(self, parameters: Iterable[Parameter]) -> None:
        """Copy parameters from the host to the device, where they have a mirror."""
        for parameter in parameters:
            mirror = self._of.get(id(_root(parameter.value)))
            if mirror is not None:
                low, high = np.lib.array_utils.byte_bounds(parameter.value)
                host = _bytes(low, high - low)
                self._runtime.upload(mirror.handle, low - mirror.start, host)
                if high - low == mirror.used:
                    mirror.newer = False

    def pull(self, parameters: Iterable[Parameter]) -> None:
        """Copy parameters that the device has changed to the host."""
        for parameter in parameters:
            root = _root(parameter.value)
            mirror = self._of.get(id(root))
            if mirror is not None and mirror.newer:
                address = root.__array_interface__["data"][0]
                host = _bytes(address, root.nbytes)
                self._runtime.download(mirror.handle, address - mirror.start, host)
                mirror.newer = False


def _forget(mirrors: weakref.ref[Mirrors], key: int) -> None:
    """Drop the mirror of memory that is no more."""
    living = mirrors()
    if living is not None:
        living._of.pop(key, None)


def _root(value: Array) -> Array:
    """Return the array that owns the memory of a view."""
    while isinstance(value.base, np.ndarray):
        value = value.base
    return value


def _bytes(address: int, size: int) -> Array:
    """Return the bytes at an address, whatever the array over them looks like."""
    pointer = ctypes.cast(address, ctypes.POINTER(ctypes.c_uint8))
    return np.ctypeslib.as_array(pointer, (size,))
