"""Buffers: memory on a device that is counted while it is in use."""

from __future__ import annotations

import pyopencl as cl

from chainrule.errors import BackendError


class MemoryUse:
    """How much memory of a device is in use.

    Attributes:
        nbytes: the bytes of all buffers that live.
    """

    def __init__(self) -> None:
        self.nbytes = 0


class Buffer(cl.Buffer):
    """A buffer that is counted while it lives."""

    def __init__(self, context: cl.Context, nbytes: int, use: MemoryUse) -> None:
        super().__init__(context, cl.mem_flags.READ_WRITE, nbytes)
        self.nbytes, self.use = nbytes, use
        use.nbytes += nbytes

    def __del__(self) -> None:
        if "use" in self.__dict__:
            self.use.nbytes -= self.nbytes


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


def mib(nbytes: int) -> str:
    """Return a number of bytes as people read it."""
    return f"{nbytes / 2**20:,.1f} MiB"
