"""Compiled programs: built kernels, bound to memory on a device."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyopencl as cl

from chainrule.backends.opencl.device import pool
from chainrule.backends.opencl.device.buffers import OutOfMemory
from chainrule.backends.opencl.device.feeds import Feed, open_feed
from chainrule.backends.opencl.device.mirrors import Mirror
from chainrule.backends.opencl.device.rows_feed import RowsFeed
from chainrule.backends.opencl.device.runtime import Prepared, Runtime
from chainrule.backends.opencl.device.session import Session
from chainrule.backends.opencl.lowering.lower import Lowered, lower
from chainrule.backends.opencl.source.assembly import assemble
from chainrule.backends.opencl.source.body import Kernels
from chainrule.backends.opencl.source.faults import NO_FAULTS
from chainrule.backends.opencl.source.layout import Slot
from chainrule.node import Input, Parameter
from chainrule.program import Program

Array = npt.NDArray[Any]
CODE_BYTES = 128 << 10
"""What a driver keeps of a program's kernels: PoCL 105 to 107 KiB, for one or more. It
takes longer to ask for it than to compile."""
SENT_AT_ONCE = 1 << 19
"""Bytes up to which the values for several runs of one launch are sent at once."""
SHARED_AT_ONCE = 1 << 20
"""The same where host and device share memory, for runs of several launches, too."""


@dataclass(frozen=True)
class Feeds:
    """The feeds of a program: all values that the host sends to each run.

    Attributes:
        inputs: the feed of each input.
        numbers: the feed of the host numbers, or None if kernels need none.
        seed: the feed of seed and step, or None if no kernel draws random numbers.
        runs: for how many runs there is room.
    """

    inputs: Mapping[Input, Feed]
    numbers: Feed | None
    seed: Feed | None
    runs: int

    @functools.cached_property
    def all(self) -> Sequence[Feed]:
        """All of them."""
        feeds = (*self.inputs.values(), self.numbers, self.seed)
        return [feed for feed in feeds if feed is not None]

    @property
    def by_rows(self) -> Sequence[RowsFeed]:
        """The inputs of which the device is told the rows."""
        return [feed for feed in self.inputs.values() if isinstance(feed, RowsFeed)]


@dataclass(frozen=True)
class Compiled:
    """A program that is ready to run.

    Attributes:
        lowered: the program as launches.
        source: the OpenCL C of all kernels.
        launches: the launches with their kernels.
        memory: the buffer of each slot; a kernel does not keep its buffers alive.
        feeds: the values that come from the host.
        changed: the mirrors that a run writes to.
        bound: each parameter with the array that its value was at compile time.
        peak_memory: bytes of intermediate results.
        nbytes: bytes of all its buffers, those of inputs included, and of its code.
    """

    lowered: Lowered
    source: str
    launches: Sequence[Prepared]
    memory: Mapping[Slot, Any]
    feeds: Feeds
    changed: Sequence[Mirror]
    bound: Sequence[tuple[Parameter, Array]]
    peak_memory: int
    nbytes: int


def compile_program(program: Program, kernels: Kernels, session: Session) -> Compiled:
    """Lower a program, build its kernels, and allocate their memory.

    Raises:
        BackendError: the device cannot compute it, is out of memory, or failed.
    """
    try:
        return _compiled(lower(program, kernels, session), kernels, session)
    except OutOfMemory as error:
        raise error.explained(_batch_size(program)) from error
    except cl.Error as error:
        raise session.runtime.failure(error) from error


def _compiled(lowered: Lowered, kernels: Kernels, session: Session) -> Compiled:
    runtime = session.runtime
    parameters = lowered.leaves.parameters
    bound = [(parameter, parameter.value) for parameter in parameters]
    mirrors = {parameter: session.mirrors.mirror(parameter) for parameter in parameters}
    changed = list(dict.fromkeys(mirrors[target] for target in lowered.assigned))
    feeds = _open_feeds(lowered, runtime)
    given = {mirror.slot: mirror.buffer for mirror in mirrors.values()}
    given |= {feed.view.slot: feed.memory for feed in feeds.all}
    given |= {feed.data.slot: feed.source for feed in feeds.by_rows}
    initial = _initial(lowered, runtime)
    given |= initial
    blocks = pool.plan(lowered.launches, given)
    buffers, peak_memory = pool.allocate(blocks, runtime)
    memory = given | buffers
    width = runtime.device.width(lowered.floats)
    source = assemble(lowered.launches, lowered.floats, width, kernels.values())
    launches = runtime.prepare(
        source.text, source.names, lowered.launches, memory, flush=lowered.flush
    )
    _connect(feeds, launches)
    return Compiled(
        lowered=lowered,
        source=source.text,
        launches=launches,
        memory=memory,
        feeds=feeds,
        changed=changed,
        bound=bound,
        peak_memory=peak_memory,
        nbytes=(
            peak_memory
            + sum(buffer.nbytes for buffer in initial.values())
            + sum(feed.nbytes for feed in feeds.all)
            + len(source.text)
            + CODE_BYTES * bool(launches)
        ),
    )


def _connect(feeds: Feeds, launches: Sequence[Prepared]) -> None:
    """Tell each feed which kernels read it."""
    read_by = {feed.view.slot: feed.read_by for feed in feeds.all}
    read_by |= {feed.data.slot: feed.source_read_by for feed in feeds.by_rows}
    for kernel, launch, _ in launches:
        for position, slot in enumerate(launch.slots):
            if slot in read_by:
                read_by[slot](kernel, position)


def _open_feeds(lowered: Lowered, runtime: Runtime) -> Feeds:
    leaves, vector, seed = lowered.leaves, lowered.numbers.vector, lowered.seed
    draws = any(launch.draws for launch in lowered.launches)
    sent = sum(view.nbytes for view in (*leaves.sent.values(), vector, seed))
    most = 0
    if lowered.many and runtime.device.shares_memory:
        most = SHARED_AT_ONCE
    elif lowered.repeats:
        most = SENT_AT_ONCE
    runs = max(most // sent, 1)
    return Feeds(
        inputs={
            leaf: RowsFeed(runtime, leaves.inputs[leaf], view, runs)
            if leaf in leaves.rows
            else open_feed(runtime, view, f"input {leaf.name}", runs)
            for leaf, view in leaves.sent.items()
        },
        numbers=open_feed(runtime, vector, "numbers", runs) if vector.size else None,
        seed=open_feed(runtime, seed, "a seed", runs) if draws else None,
        runs=runs,
    )


def _initial(lowered: Lowered, runtime: Runtime) -> dict[Slot, Any]:
    """Return the buffers that must have contents before the first run."""
    constants, sums = lowered.leaves.constants, lowered.sums
    values: list[tuple[str, Slot, Array]] = [
        ("a constant", view.slot, node.value.astype(view.dtype))
        for node, view in constants.items()
    ]
    if sums.size:
        values.append(("totals", sums.slot, np.zeros(sums.shape, sums.dtype)))
    if lowered.faults.any_watched:
        values.append(("faults", lowered.faults.slot, NO_FAULTS))
    if lowered.step is not None:
        view = lowered.step.counters
        values.append(("counters", view.slot, np.zeros(view.shape, view.dtype)))
    buffers = {}
    for purpose, slot, array in values:
        buffers[slot] = runtime.allocate(slot.nbytes, purpose)
        runtime.upload(buffers[slot], 0, array)
    return buffers


def _batch_size(program: Program) -> int | None:
    """Return how many rows a batch has, if the program's inputs are batches."""
    shapes = program.shapes.items()
    rows = {shape[0] for leaf, shape in shapes if leaf.shape and leaf.shape[0] is None}
    return rows.pop() if len(rows) == 1 else None
