"""Profiles: how long each kernel took, and how near that is to what the device can do.

::

    with backend.profiled() as profile:
        model.fit(x, y, backend=backend)
    print(profile.table())
    profile.save_trace("trace.json")  # for chrome://tracing or ui.perfetto.dev
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyopencl as cl

from chainrule.ops.base import describe

from .step import Step

if TYPE_CHECKING:
    from .runtime import Runtime

PENDING = 4096
"""Launches after which the profile waits for the device, to note their times."""

_PEAK = """
kernel void copy(global const float *x, global float *y) {
    vstore16(vload16(get_global_id(0), x), get_global_id(0), y);
}
kernel void multiply(global float *y) {
    float16 a = y[0], b = a, c = a, d = a, e = a, f = a, g = a, h = a;
    const float16 k = (float16)(0.999f);
    for (int i = 0; i < 4096; i++) {
        a = a * k + k; b = b * k + k; c = c * k + k; d = d * k + k;
        e = e * k + k; f = f * k + k; g = g * k + k; h = h * k + k;
    }
    vstore16(a + b + c + d + e + f + g + h, get_global_id(0), y);
}
"""
_COPIED = 1 << 24


@dataclass
class Row:
    """All launches of one kernel.

    Attributes:
        what: the node that it computes.
        calls: how often it was launched.
        seconds: the device's time for all of them.
        nbytes: bytes of the buffers that it was given, for all launches.
        flops: additions and multiplications of products, for all launches.
    """

    what: str
    calls: int = 0
    seconds: float = 0.0
    nbytes: int = 0
    flops: int = 0


class Profile:
    """The times of kernels, by kernel and in the order in which they ran."""

    def __init__(self, runtime: Runtime) -> None:
        self.rows: dict[str, Row] = {}
        self._runtime = runtime
        self._pending: list[tuple[Any, Step]] = []
        self._trace: list[dict[str, Any]] = []
        self.bandwidth, self.peak = _measured(runtime)

    def add(self, event: Any, step: Step) -> None:
        """Note a launch."""
        self._pending.append((event, step))
        if len(self._pending) >= PENDING:
            self.collect()

    def collect(self) -> None:
        """Wait for the device and take over the times of what was noted."""
        self._runtime.queue.finish()
        for event, step in self._pending:
            begin, end = event.profile.start, event.profile.end
            row = self.rows.setdefault(step.name, Row(describe(step.node)))
            row.calls += 1
            row.seconds += (end - begin) * 1e-9
            row.nbytes += sum(slot.nbytes for slot in dict.fromkeys(step.slots))
            row.flops += step.flops
            self._trace.append({
                "name": step.name, "cat": step.label, "ph": "X", "pid": 0, "tid": 0,
                "ts": begin / 1000, "dur": (end - begin) / 1000,
                "args": {"node": row.what},
            })  # fmt: skip
        self._pending.clear()

    def table(self) -> str:
        """Return a table: kernels by time, with their share of the device's best."""
        head = f"{'kernel':<36}{'calls':>7}{'ms':>10}{'GB/s':>8}{'of best':>8}"
        lines = [f"{head}{'GFLOP/s':>9}{'of best':>8}"]
        for name, row in sorted(self.rows.items(), key=lambda r: -r[1].seconds):
            speed = row.nbytes / max(row.seconds, 1e-9)
            text = f"{name[:35]:<36}{row.calls:>7}{row.seconds * 1e3:>10.3f}"
            text += f"{speed * 1e-9:>8.1f}{speed / self.bandwidth:>8.0%}"
            if row.flops:
                rate = row.flops / max(row.seconds, 1e-9)
                text += f"{rate * 1e-9:>9.1f}{rate / self.peak:>8.0%}"
            lines.append(text)
        return "\n".join(lines)

    def save_trace(self, path: str | Path) -> None:
        """Write the launches as a Chrome trace."""
        Path(path).write_text(json.dumps({"traceEvents": self._trace}))


def _measured(runtime: Runtime) -> tuple[float, float]:
    """Return bytes copied and operations done in a second, at best."""
    built = runtime.build(_PEAK)
    x, y = (runtime.allocate(4 * _COPIED, "measuring") for _ in range(2))
    zeros = np.zeros(4 * _COPIED, np.uint8)
    runtime.upload(x, 0, zeros)
    runtime.upload(y, 0, zeros)
    items = 64 * runtime.found.handle.max_compute_units
    copied = _best(runtime, cl.Kernel(built, "copy"), (x, y), _COPIED // 16)
    done = _best(runtime, cl.Kernel(built, "multiply"), (y,), items)
    return 2 * 4 * _COPIED / copied, items * 4096 * 8 * 16 * 2 / done


def _best(runtime: Runtime, kernel: Any, args: Sequence[Any], items: int) -> float:
    kernel.set_args(*args)
    times = []
    for _ in range(4):
        event = cl.enqueue_nd_range_kernel(runtime.queue, kernel, (items,), (16,))
        event.wait()
        times.append((event.profile.end - event.profile.start) * 1e-9)
    return min(times)
