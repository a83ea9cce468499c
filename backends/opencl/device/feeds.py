"""Feeds: the ways in which the values of an input reach the device.

A device with memory of its own is sent a copy. A processor reads what the host has
written: each feed has a few pieces of shared memory that take turns, so that the host
fills the next one while the device still reads the last. Commands that copy would cost
a processor more than a small kernel: they wake its threads in between.

The values for many runs are sent at once where nobody reads between them: one launch
does them all, or each of its launches is given the values for one run.
"""

from __future__ import annotations

import contextlib
import weakref
from collections import deque
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyopencl as cl

from chainrule.backends.opencl.device.fork import is_forked
from chainrule.backends.opencl.device.runtime import Runtime
from chainrule.backends.opencl.source.layout import View
from chainrule.kinds.backend import fill

Array = npt.NDArray[Any]

TURNS = 4
LARGEST_SHARED = 1 << 24
"""Bytes up to which an input has several pieces of memory."""


class Feed(Protocol):
    """The memory of one input.

    Attributes:
        view: how its elements lie in one run.
        memory: the argument of kernels that read it.
        nbytes: the bytes of all its memory.
    """

    view: View
    memory: Any
    nbytes: int

    def read_by(self, kernel: cl.Kernel, position: int) -> None:
        """Note that a kernel reads it as one of its arguments."""

    def put(
        self, values: Array, rows: Array | None = None, *, runs: int | None = None
    ) -> None:
        """Fill it with values, or with some rows of them, for one run or for many."""

    def most_runs(self, values: Array) -> int:
        """Return for how many runs rows of an array can be put at once."""

    def choose(self, run: int) -> None:
        """Give kernels the values for one of the runs that it was filled for."""

    def used_until(self, event: Any) -> None:
        """Note that the device may read the last values until an event."""

    def read(self) -> Array:
        """Return the last values."""


def open_feed(runtime: Runtime, view: View, name: str, runs: int) -> Feed:
    """Give an input its memory, with room for the values of some runs.

    Raises:
        BackendError: there is no room for it.
    """
    if runtime.device.shares_memory and 0 < view.nbytes <= LARGEST_SHARED:
        return SharedFeed(runtime, view, runs)
    return CopyingFeed(runtime, view, name, runs)


class CopyingFeed:
    """Memory that a copy is sent to."""

    def __init__(self, runtime: Runtime, view: View, name: str, runs: int) -> None:
        self.view, self._runtime, self._runs = view, runtime, runs
        self.nbytes = runs * view.nbytes
        self.memory = runtime.allocate(self.nbytes, name, shared=False)
        # Two transfers are held at a time, so the host runs ahead by one step.
        self._pending: deque[Any] = deque(maxlen=2)

    def read_by(self, kernel: cl.Kernel, position: int) -> None:
        """Do nothing: the memory stays the same."""

    def put(
        self, values: Array, rows: Array | None = None, *, runs: int | None = None
    ) -> None:
        """Fill it with values, or with some rows of them, for one run or for many."""
        _ = runs  # what is sent has the shape of many if there are many
        taken = values if rows is None else values.take(rows, 0)
        data = np.array(taken, self.view.dtype, order="C", copy=rows is None or None)
        if data.size:
            self._pending.append(self._runtime.send(self.memory, data))

    def most_runs(self, values: Array) -> int:
        """Return for how many runs rows of an array can be put at once."""
        return self._runs

    def choose(self, run: int) -> None:
        """Do nothing: kernels find the values of each run by themselves."""

    def used_until(self, event: Any) -> None:
        """Do nothing: copies and kernels are in one queue."""

    def read(self) -> Array:
        """Return the last values."""
        data = np.empty(self.view.shape, self.view.dtype)
        self._runtime.download(self.memory, 0, data)
        return data


class SharedFeed:
    """Memory that the host writes and the device reads, without a copy."""

    def __init__(self, runtime: Runtime, view: View, runs: int) -> None:
        self.view, self._runtime, self._runs = view, runtime, runs
        shape = (runs, *view.shape)
        self._arrays: list[Array] = [
            cl.fsvm_empty(runtime.context, shape, view.dtype, alignment=64)
            for _ in range(TURNS)
        ]
        self._firsts = [array[0, ...] for array in self._arrays]
        self._shared = [
            [cl.SVM(array[run, ...]) for run in range(runs)] for array in self._arrays
        ]
        self.memory = self._shared[0][0]
        self.nbytes = TURNS * runs * view.nbytes
        self._turn = 0
        self._readers: list[tuple[cl.Kernel, int]] = []
        self._until: list[Any] = [None] * TURNS
        weakref.finalize(self, settle, self._until)

    def read_by(self, kernel: cl.Kernel, position: int) -> None:
        """Note that a kernel reads it as one of its arguments."""
        self._readers.append((kernel, position))

    def put(
        self, values: Array, rows: Array | None = None, *, runs: int | None = None
    ) -> None:
        """Fill memory that the device does not read with values, or some rows."""
        if self._until[self._turn] is not None:
            self._turn = (self._turn + 1) % TURNS
            self._wait(self._turn)
            self.choose(0)
        turn = self._turn
        piece = self._firsts[turn] if runs is None else self._arrays[turn][:runs]
        fill(piece, values, rows)

    def most_runs(self, values: Array) -> int:
        """Return for how many runs rows of an array can be put at once."""
        return self._runs

    def choose(self, run: int) -> None:
        """Give kernels the values for one of the runs that it was filled for."""
        self.memory = self._shared[self._turn][run]
        for kernel, position in self._readers:
            kernel.set_arg(position, self.memory)

    def used_until(self, event: Any) -> None:
        """Note that the device may read the last values until an event."""
        self._until[self._turn] = event

    def read(self) -> Array:
        """Return the last values."""
        return np.array(self._firsts[self._turn])

    def _wait(self, turn: int) -> None:
        event, self._until[turn] = self._until[turn], None
        if event is not None:
            self._runtime.wait(event)


def settle(events: Sequence[Any]) -> None:
    """Wait until nothing reads memory that is about to be freed."""
    for event in events:
        if event is not None and not is_forked():
            with contextlib.suppress(cl.Error):
                event.wait()
