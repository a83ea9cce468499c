"""The pool: buffers for results, shared by results that are not needed together."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chainrule.backends.opencl.device.buffers import OutOfMemory, mib
from chainrule.backends.opencl.device.runtime import Runtime
from chainrule.backends.opencl.source.launch import Launch
from chainrule.backends.opencl.source.layout import Slot
from chainrule.program.storage import FreeBlocks


@dataclass(frozen=True, eq=False)
class Block:
    """Memory that several slots use in turn.

    Attributes:
        nbytes: its size.
        first: the launch that needs it first.
    """

    nbytes: int
    first: Launch


def plan(launches: Sequence[Launch], given: Container[Slot]) -> dict[Slot, Block]:
    """Choose a block for each slot of the launches, except those that are given."""
    last = {slot: launch for launch in launches for slot in launch.slots}
    blocks: dict[Slot, Block] = {}
    free: FreeBlocks[Block] = FreeBlocks()
    for launch in launches:
        for slot in launch.slots:
            if slot in given or slot in blocks:
                continue
            block = None if slot.persistent else free.take(slot.nbytes)
            blocks[slot] = block or Block(slot.nbytes, launch)
        for slot in dict.fromkeys(launch.slots):
            if slot in blocks and last[slot] is launch and not slot.persistent:
                free.add(blocks[slot], blocks[slot].nbytes)
    return blocks


def allocate(
    blocks: Mapping[Slot, Block], runtime: Runtime
) -> tuple[dict[Slot, Any], int]:
    """Return the buffer of each slot, and the bytes of all buffers.

    Raises:
        OutOfMemory: says for what, and how much is needed in all.
    """
    sizes = {block: block.nbytes for block in blocks.values()}
    total, before = sum(sizes.values()), runtime.use.nbytes
    buffers: dict[Block, Any] = {}
    try:
        for block in sizes:
            buffers[block] = runtime.allocate(block.nbytes, block.first.title)
    except OutOfMemory as error:
        device = runtime.device
        raise OutOfMemory(
            f"{error}. The program needs {mib(total)} in {len(sizes)} buffers beside "
            f"{mib(before)} that are in use",
            min(
                device.largest_buffer / max(sizes.values()),
                (device.memory - before) / total,
            ),
        ) from error
    return {slot: buffers[block] for slot, block in blocks.items()}, total
