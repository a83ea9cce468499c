"""Profiles: the device's own times of what was launched, and its best."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Container, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyopencl as cl

from chainrule.backends.opencl.small_launches import MOVERS
from chainrule.backends.opencl.source.launch import Step
from chainrule.node import Node
from chainrule.ops import Op
from chainrule.profile.profile import Profile, Speed
from chainrule.profile.work import Piece, Work
from chainrule.program import Program

if TYPE_CHECKING:
    from chainrule.backends.opencl.device.runtime import Runtime

PENDING = 4096
"""Launches after which the profile waits for the device, to note their times."""

_COPY = """
kernel void copy4(global const float *x, global float *y) {
    vstore4(vload4(get_global_id(0), x), get_global_id(0), y);
}
kernel void copy16(global const float *x, global float *y) {
    vstore16(vload16(get_global_id(0), x), get_global_id(0), y);
}
"""
_MULTIPLY = """
kernel void multiply(global REAL *y) {
    REAL16 a = y[0], b = a, c = a, d = a, e = a, f = a, g = a, h = a;
    const REAL16 k = (REAL16)(0.5);
    for (int i = 0; i < 4096; i++) {
        a = a * k + k; b = b * k + k; c = c * k + k; d = d * k + k;
        e = e * k + k; f = f * k + k; g = g * k + k; h = h * k + k;
    }
    vstore16(a + b + c + d + e + f + g + h, get_global_id(0), y);
}
"""
_OPERATIONS = 4096 * 8 * 16 * 2
"""Additions and multiplications of one work item of `multiply`."""


class Recorder:
    """Takes the times of launches over into a profile."""

    def __init__(self, runtime: Runtime) -> None:
        self.profile = Profile(f"opencl on {runtime.found.name}", runtime.speed)
        self._runtime = runtime
        self._begin = time.perf_counter()
        self._pending: list[tuple[Any, Step]] = []

    def add(self, event: Any, step: Step) -> None:
        """Note a launch, unless it is of a kernel that is only tried out."""
        if step.kernel is None:
            return
        self._pending.append((event, step))
        if len(self._pending) >= PENDING:
            self._collect()

    def close(self) -> None:
        """Note what is not noted yet; after a failure, what can be known."""
        with contextlib.suppress(cl.Error):
            self._collect()
        self.profile.wall = time.perf_counter() - self._begin

    def _collect(self) -> None:
        pending, self._pending = self._pending, []
        self._runtime.queue.finish()
        for event, step in pending:
            assert step.kernel is not None
            self.profile.add(step.kernel, event.profile.start, event.profile.end)


def describe(
    program: Program, templates: Container[type[Op]], steps: Sequence[Step]
) -> None:
    """Tell the steps of a program what they compute, once."""
    if not steps or steps[0].kernel is not None:
        return
    kernels = Work(program, templates).split(list(_pieces(steps)))
    for step, kernel in zip(steps, kernels, strict=True):
        step.kernel = kernel


def _pieces(steps: Sequence[Step]) -> Iterator[Piece]:
    """Say what each step computes; what follows for the same nodes only helps."""
    met: set[Node] = set()
    for step in steps:
        nodes = step.nodes or (step.node,)
        if step.label in MOVERS or nodes[-1] in met:
            moved = 2 * min(slot.nbytes for slot in step.slots)
            yield Piece(nodes, step.label, moved)
        else:
            yield Piece(nodes)
            met.update(nodes)


def speed(runtime: Runtime) -> Speed:
    """Return what measures the best that a device can do."""

    def copy(nbytes: int) -> float:
        slots = [runtime.allocate(nbytes // 2, "measuring") for _ in range(2)]
        kernels = runtime.build(_COPY)
        best = min(
            _fastest(runtime, cl.Kernel(kernels, f"copy{n}"), slots, nbytes // (8 * n))
            for n in (4, 16)
        )
        return nbytes / best

    def multiply(dtype: str) -> float:
        real = "float" if dtype == "float32" else "double"
        items = 256 * int(runtime.found.handle.max_compute_units)
        size = 16 * items * np.dtype(dtype).itemsize
        kernel = cl.Kernel(runtime.build(_MULTIPLY.replace("REAL", real)), "multiply")
        slot = runtime.allocate(size, "measuring")
        return items * _OPERATIONS / _fastest(runtime, kernel, [slot], items)

    return Speed(copy, multiply)


def _fastest(
    runtime: Runtime, kernel: Any, buffers: Sequence[Any], items: int
) -> float:
    """Return the seconds of the fastest of a few launches, in groups of any size."""
    timing = cl.command_queue_properties.PROFILING_ENABLE
    zero = np.zeros(1, np.float32)
    try:
        queue = cl.CommandQueue(runtime.context, properties=timing)
        for buffer in buffers:
            cl.enqueue_fill_buffer(queue, buffer, zero, 0, buffer.size)
        kernel.set_args(*buffers)
        times: list[float] = []
        for group in (None, (min(16, items),), (min(64, items),)) * 6:
            event = cl.enqueue_nd_range_kernel(queue, kernel, (items,), group)
            event.wait()
            times.append((event.profile.end - event.profile.start) * 1e-9)
    except cl.Error as error:
        raise runtime.lost(error) from error
    return max(min(times), 1e-9)
