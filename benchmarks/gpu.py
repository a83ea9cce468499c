"""Measure the OpenCL backend on a GPU, with the roofline beside each figure.

    python -m benchmarks.gpu [--device NAME] [--sizes N …] [--rounds N]

Square products, a copy, the fused update of Adam, and the training step of a large
network; beside them the same by PyTorch with CUDA (cuBLAS), where that is installed.
Times are the shortest of all rounds, which are interleaved.

The roofline is what the device could do at best: for a kernel the larger of two times,
that of its arithmetic and that of its memory traffic, each operand read and each result
written once; for a step the sum over its products and its update. Arithmetic and copies
are measured with two simple kernels in OpenCL, without tensor cores, which PyTorch may
not use either (no TF32). A copy of 64 MiB lies in the cache of the largest GPUs: there
the roofline of kernels bound by memory is too high.

Run it once in advance, so that kernels are built and products tuned.
"""

from __future__ import annotations

import argparse
import functools
import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

import chainrule as cr
from benchmarks.cases import CASES, Case
from benchmarks.opencl import adam_update
from benchmarks.peers import chainrule_fit
from chainrule.backends.opencl import OpenCLBackend
from chainrule.errors import BackendError
from chainrule.profile.speed import LARGEST, Speed
from chainrule.program import Program

CASE = CASES["784-1024-1024-10, 256"]
ADAM = 1 << 23
"""Parameters of the update: 32 MiB for each of seven arrays read or written."""
STEPS = 100
CALLS = 20
"""Calls that are timed together: to wait for one costs more than many take."""

Timed = Callable[[], float]
"""Does something, waits for it, and returns the seconds that it took each time."""


@dataclass(frozen=True)
class Task:
    """Something to measure.

    Attributes:
        name: what it is.
        unit: that of its figures.
        amount: how much of it there is, in billions; figures are this by seconds.
        ideal: the seconds that the roofline allows.
        ours: does it here.
        theirs: does it with PyTorch, or None.
    """

    name: str
    unit: str
    amount: float
    ideal: float
    ours: Timed
    theirs: Timed | None


class Roofline:
    """The best times of a device."""

    def __init__(self, speed: Speed) -> None:
        self.bandwidth = speed.bandwidth(LARGEST)
        self.peak = speed.peak("float32")

    def seconds(self, operations: float, nbytes: float) -> float:
        """Return the time of a kernel that does and moves so much."""
        return max(operations / self.peak, nbytes / self.bandwidth)

    def product(self, m: int, n: int, k: int) -> float:
        """Return the time of a matrix product of m × k and k × n elements."""
        return self.seconds(2 * m * n * k, 4 * (m * n + m * k + k * n))

    def adam(self, size: int) -> float:
        """Return the time of an update: four arrays are read, and three written."""
        return self.seconds(0, 7 * 4 * size)

    def step(self, case: Case) -> float:
        """Return the time of a training step: its products, and the update."""
        layers, rows = list(pairwise(case.sizes)), case.batch
        total = self.adam(sum((a + 1) * b for a, b in layers))
        for i, (a, b) in enumerate(layers):
            total += self.product(rows, b, a) + self.product(a, b, rows)
            if i:
                total += self.product(rows, a, b)
        return total


def timed(work: Callable[[], object], wait: Callable[[], object]) -> Timed:
    """Return a function that times some work, until the device has done all calls."""

    def several() -> float:
        wait()
        begin = time.perf_counter()
        for _ in range(CALLS):
            work()
        wait()
        return (time.perf_counter() - begin) / CALLS

    return several


def product(backend: OpenCLBackend, roof: Roofline, torch: Any, size: int) -> Task:
    """Return a square product, packing included."""
    random = np.random.default_rng(0)
    arrays = [random.random((size, size), np.float32) for _ in range(2)]
    x, y = cr.input("x", arrays[0].shape), cr.input("y", arrays[1].shape)
    executable = backend.compile(Program(outputs=[x @ y]))
    for leaf, array in zip((x, y), arrays, strict=True):
        executable.put(leaf, array)
    theirs = None
    if torch:
        a, b = (torch.from_numpy(array).cuda() for array in arrays)
        out = torch.empty_like(a)
        theirs = timed(lambda: torch.matmul(a, b, out=out), torch.cuda.synchronize)
    return Task(
        name=f"product {size}³",
        unit="GFLOP/s",
        amount=2 * size**3 / 1e9,
        ideal=roof.product(size, size, size),
        ours=timed(executable.run, backend.session.runtime.queue.finish),
        theirs=theirs,
    )


def copy(backend: OpenCLBackend, roof: Roofline, torch: Any, nbytes: int) -> Task:
    """Return a copy that reads and writes so many bytes in all."""
    source = cr.parameter("source", np.ones(nbytes // 8, np.float32))
    target = cr.parameter("target", np.zeros(nbytes // 8, np.float32))
    executable = backend.compile(Program(phases=[[(target, source + 1.0)]]))
    theirs = None
    if torch:
        a = torch.ones(nbytes // 8, device="cuda")
        b = torch.empty_like(a)
        theirs = timed(lambda: torch.add(a, 1.0, out=b), torch.cuda.synchronize)
    return Task(
        name=f"y = x + 1, {nbytes / 2**20:,.3g} MiB",
        unit="GB/s",
        amount=nbytes / 1e9,
        ideal=roof.seconds(0, nbytes),
        ours=timed(executable.run, backend.session.runtime.queue.finish),
        theirs=theirs,
    )


def adam(backend: OpenCLBackend, roof: Roofline, torch: Any, size: int) -> Task:
    """Return the fused update of one flat vector."""
    program, arrays = adam_update(size)
    executable = backend.compile(program)
    theirs = None
    if torch:
        weight = torch.nn.Parameter(torch.from_numpy(arrays[0].copy()).cuda())
        weight.grad = torch.from_numpy(arrays[1].copy()).cuda()
        optimizer = torch.optim.Adam([weight], fused=True)
        theirs = timed(optimizer.step, torch.cuda.synchronize)
    return Task(
        name=f"Adam, {size:,} parameters",
        unit="GB/s",
        amount=7 * 4 * size / 1e9,
        ideal=roof.adam(size),
        ours=timed(
            lambda: executable.run(step=10, lr=1e-3),
            backend.session.runtime.queue.finish,
        ),
        theirs=theirs,
    )


def _per_step(run: Callable[[int], float]) -> float:
    """Return the seconds of a step, in a run of many."""
    return run(STEPS) / STEPS


def step(device: str, roof: Roofline, torch: Any, case: Case) -> Task:
    """Return training steps by `fit`, from the beginning of an epoch to its end."""
    os.environ["CHAINRULE_BACKEND"] = f"opencl:{device}"
    run, theirs = chainrule_fit.make(case), None
    if torch:
        from benchmarks.peers import pytorch

        peer = pytorch.make(case, device="cuda")
        theirs = functools.partial(_per_step, peer)
    return Task(
        name=f"Adam step {case.name}",
        unit="steps/s",
        amount=1.0,
        ideal=roof.step(case),
        ours=functools.partial(_per_step, run),
        theirs=theirs,
    )


def shortest(works: Sequence[Timed | None], rounds: int) -> list[float]:
    """Return the shortest time of each of some works, which take turns."""
    times = [math.inf] * len(works)
    for _ in range(rounds + 1):  # the first one warms up
        for i, work in enumerate(works):
            if work is not None:
                times[i] = min(times[i], work())
    return times


def row(task: Task, rounds: int) -> list[str]:
    """Measure a task; return a row of the table."""
    ours, theirs = shortest((task.ours, task.theirs), rounds)
    figures = [f"{task.amount / s:,.0f}" for s in (ours, theirs, task.ideal)]
    if task.theirs is None:
        figures[1] = "-"
    return [
        task.name, task.unit, *figures, f"{task.ideal / ours:.0%}",
        "-" if task.theirs is None else f"{theirs / ours:.2f}",
    ]  # fmt: skip


def with_cuda() -> Any:
    """Return PyTorch if it has a GPU, else None."""
    if not find_spec("torch"):
        return None
    import torch

    if not torch.cuda.is_available():
        return None
    torch.backends.cuda.matmul.allow_tf32 = False
    return torch


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--device", default="gpu", help="number or name; default: gpu")
    sizes = [512, 1024, 2048, 4096, 8192]
    parser.add_argument("--sizes", type=int, nargs="+", default=sizes)
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args(arguments)
    backend, torch = OpenCLBackend(options.device), with_cuda()
    try:
        device = backend.chosen()
    except BackendError as error:
        raise SystemExit(f"{error}") from None
    roof = Roofline(backend.session.speed)
    peer = f"PyTorch on {torch.cuda.get_device_name()}" if torch else "no PyTorch"
    table = Table(
        "what", "in", "here", "PyTorch", "roofline", "of it", "against PyTorch",
        title=f"{device.name} ({device.kind}); {peer}",
        caption=f"best arithmetic {roof.peak / 1e9:,.0f} GFLOP/s, "
        f"best copy {roof.bandwidth / 1e9:,.0f} GB/s",
    )  # fmt: skip
    for size in options.sizes:
        task = product(backend, roof, torch, size)
        table.add_row(*row(task, options.rounds))
    table.add_row(*row(copy(backend, roof, torch, LARGEST), options.rounds))
    table.add_row(*row(adam(backend, roof, torch, ADAM), options.rounds))
    table.add_row(*row(step(options.device, roof, torch, CASE), options.rounds))
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
