"""The runtime: one device with its queue, its programs and its errors."""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
import platformdirs
import pyopencl as cl

from chainrule.backends.opencl.device.devices import Found
from chainrule.backends.opencl.device.mirrors import Mirrors
from chainrule.backends.opencl.device.pool import Buffer, Held, NoRoom, mib
from chainrule.backends.opencl.source.launch import Step
from chainrule.errors import BackendError

if TYPE_CHECKING:
    from chainrule.backends.opencl.device.profile import Recorder
    from chainrule.profile.profile import Profile, Speed

Array = npt.NDArray[Any]
FAILURES = (cl.Error, TypeError)
"""What calls raise on a device that fails, or on a queue that was closed."""
NO_ROOM = ("MEM_OBJECT_ALLOCATION_FAILURE", "OUT_OF_HOST_MEMORY")
"""What drivers that allocate late say when a kernel is to run."""
Launch: TypeAlias = tuple[cl.Kernel, Step]
"""A step and its kernel, with the arguments set."""


class Runtime:
    """An opened device.

    Raises:
        BackendError: it cannot be opened.

    Attributes:
        found: the device.
        queue: where everything is enqueued, in order.
        mirrors: the device's copies of parameters.
        held: how much of its memory is in use.
        failed: whether it refused to run something, and is not to be relied on.
    """

    def __init__(self, found: Found) -> None:
        self.found = found
        self.held = Held()
        self.failed = False
        try:
            self.context = cl.Context([found.handle])
            self.queue: Any = cl.CommandQueue(self.context)
        except cl.Error as error:
            raise BackendError(f"{found.name} cannot be opened: {error}") from error
        self.mirrors = Mirrors(self)
        self.recorder: Recorder | None = None

    @functools.cached_property
    def on_cpu(self) -> bool:
        """Whether the device is a processor, with wide vectors and no local memory."""
        return self.found.kind == "cpu"

    @functools.cached_property
    def largest_group(self) -> int:
        """How many work items a group may have."""
        return int(self.found.handle.max_work_group_size)

    def width(self, floats: str) -> int:
        """Return how many elements a work item takes at once."""
        if not self.on_cpu:
            return 1
        return 8 if floats == "double" else 16

    def need_float64(self, what: str) -> None:
        """Refuse float64 where the device has none.

        Raises:
            BackendError: it has none.
        """
        if not self.found.handle.double_fp_config:
            raise BackendError(
                f"{what} is float64, which {self.found.name} cannot compute: use "
                "float32, or another device (`chainrule devices` lists them)"
            )

    def allocate(self, size: int, purpose: str) -> cl.Buffer:
        """Return a buffer of at least `size` bytes.

        Raises:
            NoRoom: the device's memory is full; says what for and how much.
        """
        try:
            return Buffer(self.context, max(size, 64), self.held)
        except cl.Error as error:
            raise NoRoom(
                f"{self.found.name} has no room for {purpose}: {mib(size)} asked for, "
                f"{self._room()} ({error})",
                self.found.handle.max_mem_alloc_size / size,
            ) from error

    def _room(self) -> str:
        device = self.found.handle
        return (
            f"{mib(device.global_mem_size)} in all, at most "
            f"{mib(device.max_mem_alloc_size)} in one piece"
        )

    def upload(self, buffer: cl.Buffer, offset: int, data: Array) -> None:
        """Copy bytes to the device; returns when they may be changed again.

        Raises:
            BackendError: the device refuses, or is gone.
        """
        if not data.nbytes:
            return
        try:
            cl.enqueue_copy(self.queue, buffer, data, dst_offset=offset)
        except FAILURES as error:
            raise self.lost(error) from error

    def send(self, buffer: cl.Buffer, data: Array) -> Any:
        """Begin to copy bytes to the device; they are in use while the result lives.

        Raises:
            BackendError: the device refuses, or is gone.
        """
        try:
            return cl.enqueue_copy(self.queue, buffer, data, is_blocking=False)
        except FAILURES as error:
            raise self.lost(error) from error

    def download(self, buffer: cl.Buffer, offset: int, data: Array) -> None:
        """Copy bytes from the device, after everything that was enqueued before.

        Raises:
            BackendError: something that was enqueued before failed.
        """
        if not data.nbytes:
            return
        try:
            cl.enqueue_copy(self.queue, data, buffer, src_offset=offset)
        except FAILURES as error:
            raise self.lost(error) from error

    def close(self) -> None:
        """Give back what it holds; programs that were compiled for it are void."""
        self.mirrors = Mirrors(self)
        self.queue = None

    def lost(self, error: Exception, step: Step | None = None) -> BackendError:
        """Return the error for a device that fails while it runs."""
        self.failed = True
        if self.queue is None:
            return BackendError(
                f"{self.found.name} failed and was opened anew: compile this program "
                "again"
            )
        where = f" at {step.label} for {step.node!r}" if step else ""
        if any(code in str(error) for code in NO_ROOM):
            return BackendError(
                f"{self.found.name} has no room{where}: {mib(self.held.nbytes)} in "
                f"use, {self._room()} ({error}); use smaller batches, or "
                "backend='numpy'"
            )
        return BackendError(
            f"{self.found.name} failed{where}: {error}; run again, or with "
            "backend='numpy'"
        )

    def group(self, step: Step) -> tuple[int, ...] | None:
        """Return the size of a step's groups; None leaves it to the driver."""
        small = step.local and math.prod(step.local) <= self.largest_group
        return step.local if small else None

    def build(self, source: str) -> cl.Program:
        """Compile source, or take it from the cache.

        Raises:
            BackendError: the driver refuses it; carries its log and the source.
        """
        folder = Path(platformdirs.user_cache_dir("chainrule")) / "opencl"
        try:
            with warnings.catch_warnings():  # "-w" does not silence every driver
                warnings.simplefilter("ignore", cl.CompilerWarning)
                built: cl.Program = cl.Program(self.context, source).build(
                    ["-w"], cache_dir=str(folder)
                )
        except cl.Error as error:
            numbered = "\n".join(
                f"{i:>4}  {line}" for i, line in enumerate(source.splitlines(), 1)
            )
            raise BackendError(
                f"{self.found.name} does not build the kernels of this program; "
                f"please report it.\n{error}\n{numbered}"
            ) from error
        return built

    @functools.cached_property
    def speed(self) -> Speed:
        """The best that the device can do."""
        from chainrule.backends.opencl.device.profile import speed

        return speed(self)

    @contextmanager
    def profiled(self) -> Iterator[Profile]:
        """Note the time of every kernel that is launched in the block.

        Raises:
            BackendError: that is done already.
        """
        from chainrule.backends.opencl.device.profile import Recorder

        if self.recorder is not None:
            raise BackendError(
                f"{self.found.name} is being profiled already: end that block first"
            )
        plain = self.queue
        plain.finish()
        timing = cl.command_queue_properties.PROFILING_ENABLE
        self.queue = cl.CommandQueue(self.context, properties=timing)
        self.recorder = recorder = Recorder(self)
        try:
            yield recorder.profile
        finally:
            recorder.close()
            self.queue, self.recorder = plain, None

    def prepared(self, steps: Sequence[Step]) -> list[Launch]:
        """Build steps that stand alone, on buffers of their own.

        A kernel does not keep its buffers: the steps must outlive the launches.
        """
        for number, step in enumerate(steps):
            step.name = f"k{number}"
            for slot in step.slots:
                if slot.handle is None:
                    slot.handle = self.allocate(slot.nbytes, step.label)
        source = "\n".join(f"kernel void {step.name}{step.text}" for step in steps)
        built = self.build(source)
        launches = []
        for step in steps:
            kernel = cl.Kernel(built, step.name)
            step.local = self.group(step)
            kernel.set_args(*(slot.handle for slot in step.slots))
            launches.append((kernel, step))
        self.launch(launches)
        return launches

    def launch(self, launches: Sequence[Launch]) -> Any:
        """Enqueue kernels; return the event of the last one.

        Raises:
            BackendError: the device refuses, or is gone.
        """
        enqueue, queue = cl.enqueue_nd_range_kernel, self.queue
        step = event = None
        try:
            if self.recorder is None:
                for kernel, step in launches:
                    event = enqueue(queue, kernel, step.items, step.local)
            else:
                for kernel, step in launches:
                    event = enqueue(queue, kernel, step.items, step.local)
                    self.recorder.add(event, step)
            queue.flush()
        except FAILURES as error:
            raise self.lost(error, step) from error
        return event


def as_bytes(array: Array) -> Array:
    """Return the bytes of a contiguous array."""
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8)
