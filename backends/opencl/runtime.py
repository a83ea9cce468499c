"""The runtime: one device with its queue, its programs and its errors."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
import platformdirs
import pyopencl as cl

from chainrule.errors import BackendError

from .device import Found
from .layout import Slot
from .memory import Mirrors
from .step import Step

if TYPE_CHECKING:
    from chainrule.kinds.profile import Profile, Speed

    from .profile import Recorder

Array = npt.NDArray[Any]
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
        failed: whether it refused to run something, and is not to be relied on.
    """

    def __init__(self, found: Found) -> None:
        self.found = found
        self.failed = False
        try:
            self.context = cl.Context([found.handle])
            self.queue = cl.CommandQueue(self.context)
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
            BackendError: the device's memory is full; says what for and how much.
        """
        device = self.found.handle
        size = max(size, 64)
        try:
            return cl.Buffer(self.context, cl.mem_flags.READ_WRITE, size)
        except cl.Error as error:
            raise BackendError(
                f"{self.found.name} has no room for {purpose}: {_mib(size)} asked for, "
                f"{_mib(device.global_mem_size)} in all, at most "
                f"{_mib(device.max_mem_alloc_size)} in one piece ({error}); use a "
                "smaller batch"
            ) from error

    def upload(self, buffer: cl.Buffer, offset: int, data: Array) -> None:
        """Copy bytes to the device; returns when they may be changed again.

        Raises:
            BackendError: the device refuses, or is gone.
        """
        if not data.nbytes:
            return
        try:
            cl.enqueue_copy(self.queue, buffer, data, dst_offset=offset)
        except cl.Error as error:
            raise self.lost(error) from error

    def send(self, buffer: cl.Buffer, data: Array) -> Any:
        """Begin to copy bytes to the device; they are in use while the result lives.

        Raises:
            BackendError: the device refuses, or is gone.
        """
        try:
            return cl.enqueue_copy(self.queue, buffer, data, is_blocking=False)
        except cl.Error as error:
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
        except cl.Error as error:
            raise self.lost(error) from error

    def copy(self, target: Slot, source: Slot) -> None:
        """Copy what one buffer holds to another, after all that was enqueued before.

        Raises:
            BackendError: the device refuses, or is gone.
        """
        if not target.nbytes:
            return
        try:
            cl.enqueue_copy(
                self.queue, target.handle, source.handle, byte_count=target.nbytes
            )
        except cl.Error as error:
            raise self.lost(error) from error

    def lost(self, error: Exception) -> BackendError:
        """Return the error for a device that fails while it runs."""
        self.failed = True
        return BackendError(
            f"{self.found.name} failed: {error}; run again, or with backend='numpy'"
        )

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
        from .profile import speed

        return speed(self)

    @contextmanager
    def profiled(self) -> Iterator[Profile]:
        """Note the time of every kernel that is launched in the block.

        Raises:
            BackendError: that is done already.
        """
        from .profile import Recorder

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
            kernel.set_args(*(slot.handle for slot in step.slots))
            launches.append((kernel, step))
        self.launch(launches)
        return launches

    def launch(self, launches: Sequence[Launch]) -> None:
        """Enqueue kernels.

        Raises:
            BackendError: the device refuses, or is gone.
        """
        enqueue, queue = cl.enqueue_nd_range_kernel, self.queue
        try:
            if self.recorder is None:
                for kernel, step in launches:
                    enqueue(queue, kernel, step.items, step.local)
            else:
                for kernel, step in launches:
                    event = enqueue(queue, kernel, step.items, step.local)
                    self.recorder.add(event, step)
            queue.flush()
        except cl.Error as error:
            raise self.lost(error) from error


def _mib(size: int) -> str:
    return f"{size / 2**20:.1f} MiB"


def as_bytes(array: Array) -> Array:
    """Return the bytes of a contiguous array."""
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8)
