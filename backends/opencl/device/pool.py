"""The pool: which buffers a program needs, and what is said if they do not fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyopencl as cl

from chainrule.backends.opencl.source.launch import Step
from chainrule.backends.opencl.source.layout import Slot
from chainrule.errors import BackendError

if TYPE_CHECKING:
    from chainrule.backends.opencl.device.runtime import Runtime


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
