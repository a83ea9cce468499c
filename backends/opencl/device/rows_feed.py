"""Rows: an input of which the device is told the rows, and reads them where they lie.

A processor can read the rows of a batch in the host's own array. To copy them first
would take the host's thread longer than some steps take the device.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyopencl as cl

from chainrule.backends.opencl.device.feeds import TURNS, SharedFeed, settle
from chainrule.backends.opencl.device.runtime import Runtime
from chainrule.backends.opencl.source.layout import View
from chainrule.kinds.backend import fill

Array = npt.NDArray[Any]
MANY = 1 << 30
"""Runs for which rows can be given at once where nothing is copied."""
COPIED_AT_ONCE = 1 << 20
"""Bytes of rows that are copied for several runs, if they cannot be read in place."""


class RowsFeed(SharedFeed):
    """The memory of an input that only products read, row by row.

    Args:
        runtime: the device.
        data: how the rows lie that are numbered 0, 1, …: in the host's array.
        rows: where the numbers of a batch's rows are.
        runs: for how many runs there is room for numbers.

    Attributes:
        data: how the rows lie.
        source: the argument of kernels that read the rows.
    """

    def __init__(self, runtime: Runtime, data: View, rows: View, runs: int) -> None:
        super().__init__(runtime, rows, runs)
        self.data = data
        self._place = (0, 0)
        self._source_readers: list[tuple[cl.Kernel, int]] = []
        for array in self._arrays:
            array[...] = 0
        self._batches = [np.zeros(data.shape, data.dtype) for _ in range(TURNS)]
        self._read_in_turn = [*self._batches]
        weakref.finalize(self, _let_go, self._until, self._read_in_turn)
        self.nbytes += TURNS * data.nbytes
        self._read_from(self._batches[0])

    def source_read_by(self, kernel: cl.Kernel, position: int) -> None:
        """Note that a kernel reads the rows as one of its arguments."""
        self._source_readers.append((kernel, position))

    def most_runs(self, values: Array) -> int:
        """Return for how many runs rows of an array can be put at once."""
        copied = max(COPIED_AT_ONCE // self.data.nbytes, 1)
        return MANY if self._is_readable(values) else copied

    def put(
        self, values: Array, rows: Array | None = None, *, runs: int | None = None
    ) -> None:
        """Note which rows of an array are read, for many runs.

        For one run they are copied: the array may change right after. So are those
        that must be converted.
        """
        if runs is None:
            super().put(np.arange(self.data.shape[0]))
            batch = self._batches[self._turn]
            fill(batch, values, rows)
            self._read_from(batch)
            return
        assert rows is not None
        if not self._is_readable(values):
            taken = values.take(rows.reshape(-1), 0, mode="clip")
            values = np.asarray(taken, self.data.dtype, "C")
            rows = np.arange(len(values)).reshape(rows.shape)
        super().put(rows.clip(0, len(values) - 1), runs=runs)
        self._read_from(values)

    def read(self) -> Array:
        """Return the last values."""
        values: Array = self._source_of[super().read()]
        return values

    def _read_from(self, values: Array) -> None:
        """Let kernels read the rows of an array."""
        place = values.__array_interface__["data"][0], values.nbytes
        if place != self._place:
            self.source = self._runtime.adopt(*place)
            for kernel, position in self._source_readers:
                kernel.set_arg(position, self.source)
        self._place, self._source_of = place, values
        self._read_in_turn[self._turn] = values

    def let_go(self) -> None:
        """Wait until no kernel reads the caller's array; keep a copy of the batch."""
        settle(self._until)
        if self._source_of is not self._batches[self._turn]:
            self.put(self.read())
        self._read_in_turn[:] = self._batches

    def _is_readable(self, values: Array) -> bool:
        return (
            values.dtype == self.data.dtype
            and values.flags.c_contiguous
            and 0 < values.nbytes < self._runtime.device.largest_buffer
        )


def _let_go(events: Sequence[Any], arrays: list[Array]) -> None:
    """Drop arrays that nothing reads any more."""
    settle(events)
    arrays.clear()
