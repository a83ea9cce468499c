"""Speed: the best that a device can do, measured with two simple kernels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyopencl as cl

from chainrule.backends.opencl.device.runtime import Runtime
from chainrule.profile.speed import Speed

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


def speed(runtime: Runtime) -> Speed:
    """Return the speed of a device, measured when it is asked for."""

    def copy(nbytes: int) -> float:
        buffers = [
            runtime.allocate(nbytes // 2, "measuring", shared=False) for _ in range(2)
        ]
        kernels = runtime.build(_COPY)
        best = min(
            _fastest(
                runtime, cl.Kernel(kernels, f"copy{n}"), buffers, nbytes // (8 * n)
            )
            for n in (4, 16)
        )
        return nbytes / best

    def multiply(dtype: str) -> float:
        real = "float" if dtype == "float32" else "double"
        items = 256 * runtime.device.compute_units
        size = 16 * items * np.dtype(dtype).itemsize
        kernel = cl.Kernel(runtime.build(_MULTIPLY.replace("REAL", real)), "multiply")
        buffer = runtime.allocate(size, "measuring", shared=False)
        return items * _OPERATIONS / _fastest(runtime, kernel, [buffer], items)

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
        raise runtime.failure(error) from error
    return max(min(times), 1e-9)
