"""Device memory: mirrors of the parameters' memory, and a pool for everything else."""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyopencl as cl

from chainrule.errors import BackendError
from chainrule.graph import Parameter

from .layout import Slot, View
from .step import Step

if TYPE_CHECKING:
    from .runtime import Runtime

Array = npt.NDArray[Any]
_CTYPES = {"float32": "float", "float64": "double"}


class Held:
    """How much memory of a device is in use.

    Attributes:
        nbytes: the bytes of all buffers that live.
    """

    def __init__(self) -> None:
        self.nbytes = 0


class Buffer(cl.Buffer):
    """A buffer that is counted while it lives."""

    def __init__(self, context: cl.Context, nbytes: int, held: Held) -> None:
        super().__init__(context, cl.mem_flags.READ_WRITE, nbytes)
        self.nbytes, self.held = nbytes, held
        held.nbytes += nbytes

    def __del__(self) -> None:
        if "held" in self.__dict__:
            self.held.nbytes -= self.nbytes


class Mirror(Slot):
    """The device's copy of one piece of host memory, shared by all executables.

    Attributes:
        start: the host address that the copy begins at.
        newer: whether the device has written to it since it was last pulled.
    """

    def __init__(self, root: Array, runtime: Runtime) -> None:
        address = root.__array_interface__["data"][0]
        # Bytes hold a vector that begins at the first multiple of 64 in them. Where
        # that lies on the device is part of the kernels' source: always the same.
        spare = 64 - -address % 64 if root.dtype == np.uint8 else 0
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


@dataclass(eq=False)
class Block:
    """A buffer that some slots share, because they are not needed at one time."""

    nbytes: int
    step: Step
    slots: list[Slot] = field(default_factory=list)


def plan(steps: Sequence[Step]) -> list[Block]:
    """Return the buffers that steps need, each with the slots that are to have it."""
    last: dict[Slot, int] = {}
    for number, step in enumerate(steps):
        for slot in step.slots:
            last[slot] = number
    ends: dict[int, list[Slot]] = {}
    for slot, number in last.items():
        ends.setdefault(number, []).append(slot)
    blocks: dict[Slot, Block] = {}
    free: list[Block] = []
    for number, step in enumerate(steps):
        for slot in step.slots:
            if slot.handle is not None or slot in blocks:
                continue
            size = slot.nbytes
            fits = [block for block in free if size <= block.nbytes <= 4 * size + 256]
            if fits and not slot.kept:
                block = min(fits, key=lambda block: block.nbytes)
                free.remove(block)
            else:
                block = Block(size, step)
            block.slots.append(slot)
            blocks[slot] = block
        dead = (s for s in ends.get(number, ()) if not s.kept and s in blocks)
        free += [blocks[slot] for slot in dead]
    return list(dict.fromkeys(blocks.values()))


def allocate(blocks: Sequence[Block], runtime: Runtime) -> int:
    """Give every slot its buffer, or none if there is no room for all.

    Returns:
        The bytes allocated.

    Raises:
        NoRoom: says for what, and how much is needed in all.
    """
    total, held = sum(block.nbytes for block in blocks), runtime.held.nbytes
    try:
        for block in blocks:
            purpose = f"{block.step.label} for {block.step.node!r}"
            handle = runtime.allocate(block.nbytes, purpose)
            for slot in block.slots:
                slot.handle = handle
    except NoRoom as error:
        for block in blocks:
            for slot in block.slots:
                slot.handle = None
        device = runtime.found.handle
        most = max(block.nbytes for block in blocks)
        raise NoRoom(
            f"{error}. The program needs {mib(total)} in {len(blocks)} pieces beside "
            f"{mib(held)} that are in use",
            min(
                device.max_mem_alloc_size / most,
                (device.global_mem_size - held) / total,
            ),
        ) from error
    return total


class NoRoom(BackendError):
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


def mib(size: int) -> str:
    """Write a number of bytes for people."""
    return f"{size / 2**20:,.1f} MiB"
