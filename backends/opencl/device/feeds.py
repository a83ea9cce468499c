"""Feeds: how the values of an input come to the device.

A device with memory of its own is sent a copy. A processor reads what the host has
written: each feed has a few pieces of shared memory that take turns, so that the host
fills the next one while the device still reads the last. Commands that copy would cost
a processor more than a small kernel: they wake its threads in between.
"""

from __future__ import annotations

import contextlib
import weakref
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt
import pyopencl as cl

from chainrule.backends.opencl.source.layout import DTYPES, View
from chainrule.kinds.backend import fill

if TYPE_CHECKING:
    from chainrule.backends.opencl.device.runtime import Runtime

Array = npt.NDArray[Any]

TURNS = 4
LARGEST_SHARED = 1 << 24
"""Bytes up to which an input has several pieces of memory."""


class Feed(Protocol):
    """The memory of one input.

    Attributes:
        view: where its elements lie.
        readers: the kernels that read it, and as which argument.
    """

    view: View
    readers: list[tuple[cl.Kernel, int]]

    def put(self, values: Array, rows: Array | None) -> None:
        """Fill it with values, or with some rows of them."""

    def ran(self, event: Any) -> None:
        """Note that what is in use until an event has been enqueued."""

    def read(self) -> Array:
        """Return what it holds."""


def open_feed(runtime: Runtime, view: View, name: str) -> Feed:
    """Give an input its memory.

    Raises:
        BackendError: there is no room for it.
    """
    fine = cl.device_svm_capabilities.FINE_GRAIN_BUFFER
    shared = runtime.on_cpu and runtime.found.handle.svm_capabilities & fine
    if shared and 0 < view.slot.nbytes <= LARGEST_SHARED:
        return SharedFeed(runtime, view)
    return CopyingFeed(runtime, view, name)


class CopyingFeed:
    """Memory that a copy is sent to."""

    def __init__(self, runtime: Runtime, view: View, name: str) -> None:
        self.view, self._runtime = view, runtime
        self.readers: list[tuple[cl.Kernel, int]] = []
        view.slot.handle = runtime.allocate(view.slot.nbytes, name)
        # Two transfers are held at a time, so the host runs ahead by one step.
        self._pending: deque[Any] = deque(maxlen=2)

    def put(self, values: Array, rows: Array | None) -> None:
        """Fill it with values, or with some rows of them."""
        taken = values if rows is None else values.take(rows, 0)
        dtype = DTYPES[self.view.ctype]
        data = np.array(taken, dtype, order="C", copy=rows is None or None)
        if data.size:
            self._pending.append(self._runtime.send(self.view.slot.handle, data))

    def ran(self, event: Any) -> None:
        """Nothing to do: copies and kernels are in one queue."""

    def read(self) -> Array:
        """Return what it holds."""
        data = np.empty(self.view.shape, DTYPES[self.view.ctype])
        flat = data.reshape(-1).view(np.uint8)
        self._runtime.download(self.view.slot.handle, 0, flat)
        return data


class SharedFeed:
    """Memory that the host writes and the device reads, without a copy."""

    def __init__(self, runtime: Runtime, view: View) -> None:
        self.view, self._runtime = view, runtime
        self.readers: list[tuple[cl.Kernel, int]] = []
        self._turn = 0
        self._until: list[Any] = [None] * TURNS
        dtype = np.dtype(DTYPES[view.ctype])
        self._arrays: list[Array] = [
            cl.fsvm_empty(runtime.context, view.shape, dtype, alignment=64)
            for _ in range(TURNS)
        ]
        self._handles = [cl.SVM(array) for array in self._arrays]
        view.slot.handle = self._handles[0]
        weakref.finalize(self, _settle, self._until)

    def put(self, values: Array, rows: Array | None) -> None:
        """Fill memory that the device does not read with values, or some rows."""
        if self._until[self._turn] is not None:
            self._turn = (self._turn + 1) % TURNS
            self._wait(self._turn)
            handle = self.view.slot.handle = self._handles[self._turn]
            for kernel, position in self.readers:
                kernel.set_arg(position, handle)
        fill(self._arrays[self._turn], values, rows)

    def ran(self, event: Any) -> None:
        """Note that the device reads what was put last until an event."""
        self._until[self._turn] = event

    def read(self) -> Array:
        """Return what it holds."""
        return np.array(self._arrays[self._turn])

    def _wait(self, turn: int) -> None:
        event, self._until[turn] = self._until[turn], None
        if event is not None:
            try:
                event.wait()
            except cl.Error as error:
                raise self._runtime.lost(error) from error


def _settle(events: Sequence[Any]) -> None:
    """Wait until nothing reads memory that is about to go."""
    for event in events:
        if event is not None:
            with contextlib.suppress(cl.Error):
                event.wait()
