"""Buffers: memory on a device that is counted while it is in use."""

from __future__ import annotations

import contextlib
import ctypes
import mmap
from typing import Any

import numpy as np
import numpy.typing as npt
import pyopencl as cl

from chainrule.backends.opencl.device.fork import is_forked
from chainrule.errors import BackendError

ALIGNMENT = 64
"""Bytes that shared memory begins at a multiple of."""
LARGE_PAGE = 1 << 21
"""Bytes of a large page; a processor finds its way in more memory with such pages."""


class MemoryUse:
    """How much memory of a device is in use.

    Attributes:
        nbytes: the bytes of all buffers that live.
        queue: where the commands are after which memory may be freed.
    """

    def __init__(self) -> None:
        self.nbytes = 0
        self.queue: Any = None


class Buffer(cl.Buffer):
    """A buffer that is counted while it lives.

    That of a processor is allocated at once: PoCL would do it when the first command
    uses it, and abort the process if the host's memory is full by then.
    """

    def __init__(self, context: cl.Context, nbytes: int, use: MemoryUse) -> None:
        kind = cl.mem_flags
        on_processor = bool(context.devices[0].type & cl.device_type.CPU)
        flags = kind.READ_WRITE | kind.ALLOC_HOST_PTR * on_processor
        super().__init__(context, flags, nbytes)
        self.nbytes, self.use = nbytes, use
        use.nbytes += nbytes

    def __del__(self) -> None:
        if "use" in self.__dict__:
            self.use.nbytes -= self.nbytes


class SharedBuffer(cl.SVMAllocation):
    """Memory that host and device both use as their own, counted while it lives.

    The host reads it as soon as the device is done; a command that copies would cost a
    processor more than what small programs compute.

    Attributes:
        nbytes: its size.
    """

    def __init__(self, context: cl.Context, nbytes: int, use: MemoryUse) -> None:
        flags = cl.svm_mem_flags
        fine = flags.READ_WRITE | flags.SVM_FINE_GRAIN_BUFFER
        super().__init__(context, nbytes, ALIGNMENT, fine)
        self.nbytes, self.use = nbytes, use
        use.nbytes += nbytes
        if nbytes >= LARGE_PAGE:
            _prefer_large_pages(self.bytes(0, nbytes))

    def __del__(self) -> None:
        if "use" not in self.__dict__:
            return
        self.use.nbytes -= self.nbytes
        if not is_forked():
            # Not by a command: PoCL 3.0 reads its list of what to free too late.
            with contextlib.suppress(cl.Error):
                self.use.queue.finish()
                self.release()

    def bytes(self, start: int, size: int) -> npt.NDArray[np.uint8]:
        """Return some of its bytes, to be read and written while the device is idle."""
        contents: npt.NDArray[np.uint8] = self.buf
        return contents[start : start + size]


class OutOfMemory(BackendError):
    """A device's memory is full.

    Attributes:
        share: how much of what was asked for would fit, as a fraction.
    """

    def __init__(self, message: str, share: float) -> None:
        super().__init__(message)
        self.share = share

    def explained(self, rows: int | None) -> BackendError:
        """Return the error that says what would fit instead of batches of `rows`."""
        what = "use smaller batches, or a device with more memory"
        if rows and self.share < 1:
            fit = max(int(rows * self.share), 1)
            what = f"batches of at most about {fit} rows instead of {rows} would fit"
        return BackendError(f"{self}; {what}")


def _prefer_large_pages(memory: npt.NDArray[np.uint8]) -> None:
    """Ask Linux to use large pages for memory, as NumPy does for its arrays.

    Elsewhere, and where it refuses, pages stay as they are.
    """
    advice = getattr(mmap, "MADV_HUGEPAGE", None)
    if advice is None:
        return
    first = memory.ctypes.data
    start = -(-first // mmap.PAGESIZE) * mmap.PAGESIZE
    size = first + memory.nbytes - start
    libc = ctypes.CDLL(None)
    libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(size), advice)


def mib(nbytes: int) -> str:
    """Return a number of bytes as people read it."""
    return f"{nbytes / 2**20:,.1f} MiB"
