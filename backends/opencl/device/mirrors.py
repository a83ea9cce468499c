"""Mirrors: the device's copies of the memory that parameters lie in.

A processor that works in the host's own arrays needs no copies: there, to push is to do
nothing, and to pull is to wait until the device is done.
"""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyopencl as cl

from chainrule.backends.opencl.device.buffers import MemoryUse
from chainrule.backends.opencl.device.fork import is_forked
from chainrule.backends.opencl.device.runtime import Memory, Runtime, bytes_at
from chainrule.backends.opencl.source.layout import Slot, View
from chainrule.errors import BackendError
from chainrule.node import Parameter
from chainrule.program.sizes import owner

Array = npt.NDArray[Any]
_CTYPES = {"float32": "float", "float64": "double"}


class Mirror:
    """The device's copy of one piece of host memory, shared by all executables.

    Attributes:
        root: the array that owns the host memory, as a weak reference.
        host: its bytes, while it lives.
        start: the host address that the copy begins at.
        used: how many of its bytes parameters may lie in.
        slot: stands for the copy in kernels.
        buffer: the copy, or the host's own memory as kernels are given it.
        copy: the copy, or None where kernels work in the host's memory.
        newer: whether the device has written to it since it was last pulled.
    """

    def __init__(self, root: Array, runtime: Runtime) -> None:
        address = root.__array_interface__["data"][0]
        # Bytes hold a vector that begins at the first multiple of 64 in them. Where
        # that lies on the device is part of the kernels' source: always the same.
        spare = 64 - -address % 64 if root.dtype == np.uint8 else 0
        self.root = weakref.ref(root)
        self.used = root.nbytes - 64 if spare else root.nbytes
        self.start = address - spare
        self.slot = Slot(spare + root.nbytes, persistent=True)
        self.newer = False
        self.host = bytes_at(address, root.nbytes)
        self.copy: Memory | None = None
        fits = 0 < root.nbytes < runtime.device.largest_buffer
        if fits and runtime.device.works_in_place:
            self.buffer: Any = runtime.adopt(self.start, self.slot.nbytes)
        else:
            self.buffer = self.copy = runtime.allocate(self.slot.nbytes, "parameters")
            runtime.upload(self.copy, spare, self.host)

    @property
    def offset(self) -> int:
        """Where the copy has the first byte of the host memory."""
        return self.slot.nbytes - self.host.nbytes


class Mirrors:
    """The mirrors of all memory that parameters of a backend's programs lie in."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._of: dict[int, Mirror] = {}

    def view(self, parameter: Parameter) -> View:
        """Return where a parameter lies on the device, copied there if need be.

        Raises:
            BackendError: its value is neither float32 nor float64.
        """
        value = parameter.value
        ctype = _CTYPES.get(value.dtype.name)
        if ctype is None:
            raise BackendError(
                f"parameter {parameter.name} is {value.dtype}; on OpenCL a parameter "
                "must be float32 or float64: convert its value"
            )
        if ctype == "double":
            self._runtime.device.require_float64(f"parameter {parameter.name}")
        mirror = self.mirror(parameter)
        offset = value.__array_interface__["data"][0] - mirror.start
        return View(
            slot=mirror.slot,
            ctype=ctype,
            shape=value.shape,
            strides=tuple(stride // value.itemsize for stride in value.strides),
            offset=offset // value.itemsize,
        )

    def mirror(self, parameter: Parameter) -> Mirror:
        """Return the mirror that a parameter lies in, made if need be."""
        root = owner(parameter.value)
        mirror = self._of.get(id(root))
        if mirror is None or mirror.root() is not root:
            mirror = self._of[id(root)] = Mirror(root, self._runtime)
            use = self._runtime.use if mirror.copy is None else None
            weakref.finalize(root, _forget, weakref.ref(self), id(root), use)
        return mirror

    def push(self, parameters: Iterable[Parameter]) -> None:
        """Copy parameters from the host to the device, where they have a mirror."""
        for parameter in parameters:
            mirror = self._of.get(id(owner(parameter.value)))
            if mirror is not None and mirror.copy is not None:
                low, high = np.lib.array_utils.byte_bounds(parameter.value)
                host = bytes_at(low, high - low)
                self._runtime.upload(mirror.copy, low - mirror.start, host)
                if high - low == mirror.used:
                    mirror.newer = False

    def pull(self, parameters: Iterable[Parameter]) -> None:
        """Copy parameters that the device has changed to the host."""
        roots = [owner(parameter.value) for parameter in parameters]
        found = dict.fromkeys(self._of.get(id(root)) for root in roots)
        newer = [mirror for mirror in found if mirror and mirror.newer]
        if any(mirror is not None and mirror.copy is None for mirror in found):
            self._runtime.settle()  # also from what only reads them
        self._runtime.download_all(
            (mirror.copy, mirror.offset, mirror.host)
            for mirror in newer
            if mirror.copy is not None
        )
        for mirror in newer:
            mirror.newer = False


def _forget(mirrors: weakref.ref[Mirrors], key: int, in_use: MemoryUse | None) -> None:
    """Drop the mirror of memory that is about to be freed.

    Kernels that work in it come to their end first, whatever else is gone.
    """
    living = mirrors()
    if living is not None:
        living._of.pop(key, None)
    if in_use is not None and not is_forked():
        with contextlib.suppress(cl.Error):
            in_use.queue.finish()
