"""The runtime: an opened device, its queue, and the kernels built for it."""

from __future__ import annotations

import ctypes
import math
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyopencl as cl

from chainrule.backends.opencl.device.buffers import (
    Buffer,
    MemoryUse,
    OutOfMemory,
    SharedBuffer,
    mib,
)
from chainrule.backends.opencl.device.cache import usable_folder
from chainrule.backends.opencl.device.devices import OpenCLDevice
from chainrule.backends.opencl.device.fork import FORKED, is_forked
from chainrule.backends.opencl.source.launch import Launch
from chainrule.backends.opencl.source.layout import Slot
from chainrule.errors import BackendError
from chainrule.program.copying import copy_at_once

Array = npt.NDArray[Any]
Memory = Buffer | SharedBuffer
"""Memory of a device."""
FAILURES = (cl.Error, TypeError)
"""The errors of calls on a device that fails, or on a queue that was closed."""
OUT_OF_MEMORY = ("MEM_OBJECT_ALLOCATION_FAILURE", "OUT_OF_HOST_MEMORY")
"""The errors of drivers that allocate only when a kernel is to run."""


class Prepared(NamedTuple):
    """A launch whose kernel is built and has its arguments."""

    kernel: cl.Kernel
    launch: Launch
    group: tuple[int, ...] | None


class Runtime:
    """An opened device.

    Raises:
        BackendError: it cannot be opened.

    Attributes:
        device: the device.
        queue: where everything is enqueued, in order.
        use: how much of its memory is in use.
        failed: whether it has refused to run something.
    """

    def __init__(self, device: OpenCLDevice) -> None:
        self.device = device
        self.use = MemoryUse()
        self.failed = False
        self._last: Any = None
        try:
            self.context = cl.Context([device.handle])
            self.queue: Any = cl.CommandQueue(self.context)
            self.use.queue = self.queue
        except cl.Error as error:
            raise BackendError(f"{device.name} cannot be opened: {error}") from error

    def close(self) -> None:
        """Refuse all requests of programs that were compiled for this device."""
        self.queue = None

    # -- memory --------------------------------------------------------------------

    def allocate(self, nbytes: int, purpose: str, *, shared: bool = True) -> Memory:
        """Return a buffer of at least this size.

        Args:
            nbytes: the size.
            purpose: what it is for, as an error says it.
            shared: whether it may be shared with the host. Only other memory can be
                an operand of commands.

        Raises:
            OutOfMemory: the device's memory is full; says for what, and how much.
        """
        shared = shared and self.device.shares_memory
        kind = SharedBuffer if shared else Buffer
        failure: cl.Error | None = None
        if nbytes <= self.device.memory:  # some drivers find out in the first run only
            try:
                return kind(self.context, max(nbytes, 64), self.use)
            except cl.Error as error:
                failure = error
        raise OutOfMemory(
            f"{self.device.name} has no room for {purpose}: {mib(nbytes)} needed, "
            f"{self._capacity()}" + (f" ({failure})" if failure else ""),
            self.device.largest_buffer / nbytes,
        ) from failure

    def adopt(self, address: int, nbytes: int) -> cl.Buffer:
        """Return a buffer that is memory of the host, which must outlive it.

        Raises:
            BackendError: the device refuses.
        """
        flags = cl.mem_flags.READ_WRITE | cl.mem_flags.USE_HOST_PTR
        try:
            return cl.Buffer(self.context, flags, hostbuf=bytes_at(address, nbytes))
        except FAILURES as error:
            raise self.failure(error) from error

    def settle(self) -> None:
        """Wait until the device is done.

        Raises:
            BackendError: something that was enqueued failed.
        """
        try:
            self._settle()
        except FAILURES as error:
            raise self.failure(error) from error

    def upload(self, buffer: Memory, offset: int, data: Array) -> None:
        """Copy an array to the device; it may be changed again afterwards.

        Raises:
            BackendError: the device refuses, or is gone.
        """
        if not data.nbytes:
            return
        try:
            data = _as_bytes(np.ascontiguousarray(data))
            if isinstance(buffer, SharedBuffer):
                self._settle()
                buffer.bytes(offset, data.nbytes)[:] = data
                return
            cl.enqueue_copy(self.queue, buffer, data, dst_offset=offset)
        except FAILURES as error:
            raise self.failure(error) from error

    def send(self, buffer: Memory, data: Array) -> Any:
        """Begin to copy bytes to the device; they are in use while the result lives.

        Raises:
            BackendError: the device refuses, or is gone.
        """
        try:
            return cl.enqueue_copy(self.queue, buffer, data, is_blocking=False)
        except FAILURES as error:
            raise self.failure(error) from error

    def download(self, buffer: Memory, offset: int, data: Array) -> None:
        """Fill a contiguous array from the device, after all that was enqueued before.

        Raises:
            BackendError: something that was enqueued before failed.
        """
        self.download_all([(buffer, offset, data)])

    def download_all(self, wanted: Iterable[tuple[Memory, int, Array]]) -> None:
        """Fill contiguous arrays, each from some offset of a buffer; wait only once.

        Raises:
            BackendError: something that was enqueued before failed.
        """
        event, copies = None, []
        try:
            for buffer, offset, data in wanted:
                if isinstance(buffer, SharedBuffer):
                    copies.append((_as_bytes(data), buffer.bytes(offset, data.nbytes)))
                elif data.nbytes:
                    event = cl.enqueue_copy(
                        self.queue,
                        _as_bytes(data),
                        buffer,
                        src_offset=offset,
                        is_blocking=False,
                    )
            if event is not None:
                event.wait()
            if copies:
                self._settle()
                copy_at_once(copies)
        except FAILURES as error:
            raise self.failure(error) from error

    def fill(self, buffer: Memory, number: np.generic, nbytes: int) -> None:
        """Repeat a number in the first bytes of a buffer, without waiting for it.

        Raises:
            BackendError: the device refuses, or is gone.
        """
        try:
            if isinstance(buffer, SharedBuffer):
                self._settle()
                buffer.bytes(0, nbytes).view(number.dtype)[:] = number
                return
            cl.enqueue_fill_buffer(self.queue, buffer, np.array(number), 0, nbytes)
        except FAILURES as error:
            raise self.failure(error) from error

    def _settle(self) -> None:
        """Wait until the device is done.

        Raises:
            cl.Error: the last launch failed.
            TypeError: the queue is closed.
        """
        if self.queue is None:
            raise TypeError
        last, self._last = self._last, None
        self.queue.finish()
        if last is not None:
            last.wait()

    # -- kernels -------------------------------------------------------------------

    def build(self, source: str, *, flush: bool = False) -> cl.Program:
        """Compile source, or take it from the cache.

        Args:
            source: OpenCL C.
            flush: whether kernels may take denormal numbers, which are smaller than
                1.2e-38, for zero: processors are many times slower on them.

        Raises:
            BackendError: the driver refuses it; the message has its log and the source.
        """
        folder = usable_folder()
        try:
            with warnings.catch_warnings():  # "-w" does not silence every driver
                warnings.simplefilter("ignore", cl.CompilerWarning)
                program = cl.Program(self.context, source)
                built: cl.Program = program.build(
                    ["-w", *["-cl-denorms-are-zero"] * flush],
                    cache_dir=str(folder) if folder else None,
                )
        except cl.Error as error:
            numbered = "\n".join(
                f"{i:>4}  {line}" for i, line in enumerate(source.splitlines(), 1)
            )
            raise BackendError(
                f"{self.device.name} cannot build the kernels of this program; "
                f"please report it.\n{error}\n{numbered}"
            ) from error
        return built

    def prepare(
        self,
        source: str,
        names: Sequence[str],
        launches: Sequence[Launch],
        memory: Mapping[Slot, Any],
        *,
        flush: bool = False,
    ) -> list[Prepared]:
        """Build the kernels of launches, and give them their memory; see `build`.

        A kernel does not hold on to its memory: it must outlive the kernel.

        Raises:
            BackendError: the driver refuses the source.
        """
        if not launches:
            return []
        built, prepared = self.build(source, flush=flush), []
        for name, launch in zip(names, launches, strict=True):
            kernel = cl.Kernel(built, name)
            starts = map(np.uint64, launch.starts)
            given = [*(memory[slot] for slot in launch.slots), *starts]
            given += [np.uint64(1)] * launch.repeats
            for position, value in enumerate(given):
                kernel.set_arg(position, value)
            prepared.append(Prepared(kernel, launch, self._group(launch)))
        return prepared

    def _group(self, launch: Launch) -> tuple[int, ...] | None:
        """Return the size of a launch's groups, or None to leave it to the driver."""
        fits = launch.group and math.prod(launch.group) <= self.device.largest_group
        return launch.group if fits else None

    def launch(self, launches: Sequence[Prepared], runs: int = 1) -> list[Any]:
        """Enqueue kernels, and return the event of each one.

        Args:
            launches: the kernels.
            runs: how often those that repeat themselves do so.

        Raises:
            BackendError: the device refuses, or is gone.
        """
        enqueue, queue = cl.enqueue_nd_range_kernel, self.queue
        events: list[Any] = []
        launch = None
        try:
            for kernel, launch, group in launches:
                if launch.repeats:
                    kernel.set_arg(kernel.num_args - 1, np.uint64(runs))
                events.append(enqueue(queue, kernel, launch.items, group))
            queue.flush()
            self._last = events[-1] if events else self._last
        except FAILURES as error:
            raise self.failure(error, launch) from error
        return events

    def wait(self, event: Any) -> None:
        """Wait for an event.

        Raises:
            BackendError: what it belongs to failed.
        """
        try:
            event.wait()
        except cl.Error as error:
            raise self.failure(error) from error

    @contextmanager
    def timed(self) -> Iterator[Any]:
        """Launch kernels in a block so that their events know when they ran.

        Yields the queue that they are put in.
        """
        untimed = self.queue
        untimed.finish()
        timing = cl.command_queue_properties.PROFILING_ENABLE
        self.queue = cl.CommandQueue(self.context, properties=timing)
        self.use.queue = timed = self.queue
        try:
            yield self.queue
        finally:
            timed.finish()
            self.use.queue = untimed
            if self.queue is not None:
                self.queue = untimed

    # -- failures ------------------------------------------------------------------

    def failure(self, error: Exception, launch: Launch | None = None) -> BackendError:
        """Return the error for a device that fails while it runs."""
        self.failed = True
        if is_forked():
            return BackendError(FORKED)
        if self.queue is None:
            return BackendError(
                f"{self.device.name} failed and was opened again: compile this program "
                "again"
            )
        where = f" at {launch.title}" if launch else ""
        if any(code in str(error) for code in OUT_OF_MEMORY):
            return BackendError(
                f"{self.device.name} has no room{where}: {mib(self.use.nbytes)} in "
                f"use, {self._capacity()} ({error}); use smaller batches, or "
                "backend='numpy'"
            )
        return BackendError(
            f"{self.device.name} failed{where}: {error}; run again, or with "
            "backend='numpy'"
        )

    def _capacity(self) -> str:
        return (
            f"{mib(self.device.memory)} in all, at most "
            f"{mib(self.device.largest_buffer)} in one buffer"
        )


def bytes_at(address: int, size: int) -> Array:
    """Return the bytes at an address as an array."""
    if not size:
        return np.empty(0, np.uint8)
    memory = (ctypes.c_uint8 * size).from_address(address)
    return np.frombuffer(memoryview(memory), np.uint8)


def _as_bytes(array: Array) -> Array:
    return array.reshape(-1).view(np.uint8)
