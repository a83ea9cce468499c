"""Compare the OpenCL backend with tinygrad's on the same driver, PyTorch and NumPy.

    python -m benchmarks.opencl [--device N] [--rounds N] [--python PEERS_INTERPRETER]

Rounds are interleaved. Times are the shortest of all rounds, since other work on the
machine only adds to them; a ratio above 1 means that chainrule is faster. Run it once
in advance, so that kernels are built and tuned.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from ctypes.util import find_library
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

import chainrule as cr
from benchmarks.train_step import PAUSE, measure
from chainrule.backends.opencl import OpenCLBackend
from chainrule.program import LEARNING_RATE, STEP, Program

CASES = ("64-32-10, 32", "784-128-10, 64", "784-1024-1024-10, 256")
PEERS = ("tinygrad", "PyTorch eager")
Timed = Callable[[], None]


def steps(
    case: str, device: str, rounds: int, python: str
) -> dict[str, tuple[float, float, float]]:
    """Return for each peer its µs per step, those of chainrule, and the ratio."""
    os.environ["CHAINRULE_BACKEND"] = f"opencl:{device}"
    os.environ["DEV"] = "CL"  # what tinygrad calls OpenCL
    os.environ.setdefault("OPENCL_PATH", find_library("OpenCL") or "")
    pythons = {"chainrule": sys.executable, **dict.fromkeys(PEERS, python)}
    times = measure(case, rounds, pythons)
    ours = times.pop("chainrule")
    return {peer: compared(theirs, ours) for peer, theirs in times.items()}


def compared(theirs: list[float], ours: list[float]) -> tuple[float, float, float]:
    """Return the shortest of each of two series of times, and their ratio."""
    return min(theirs), min(ours), min(theirs) / min(ours)


def interleaved(
    theirs: Timed, ours: Timed, rounds: int, repeats: int = 10
) -> tuple[float, float, float]:
    """Time two functions in turn; return the µs of both, and their ratio."""
    series: tuple[list[float], list[float]] = [], []
    for _ in range(rounds + 1):
        for run, times in zip((theirs, ours), series, strict=True):
            time.sleep(PAUSE)
            best = float("inf")
            for _ in range(repeats):
                begin = time.perf_counter()
                run()
                best = min(best, time.perf_counter() - begin)
            times.append(best * 1e6)
    return compared(series[0][1:], series[1][1:])


def product(
    backend: OpenCLBackend, size: int, rounds: int
) -> tuple[float, float, float]:
    """Time a square product, packing included, against BLAS."""
    random = np.random.default_rng(0)
    a, b = (random.random((size, size), np.float32) for _ in range(2))
    x, y = cr.input("x", a.shape), cr.input("y", b.shape)
    executable = backend.compile(Program(outputs=[x @ y]))
    executable.put(x, a)
    executable.put(y, b)
    executable.run()
    out = np.empty_like(a)

    def ours() -> None:
        backend.session.runtime.launch(executable.launches)
        backend.session.runtime.queue.finish()

    return interleaved(lambda: np.matmul(a, b, out), ours, rounds)


def adam_update(size: int) -> tuple[Program, list[Any]]:
    """Return the update of one flat vector; and p, g, m and v to begin with."""
    random = np.random.default_rng(0)
    arrays = [random.random(size, np.float32) for _ in range(4)]
    p, g, m, v = (cr.parameter(n, a) for n, a in zip("pgmv", arrays, strict=True))
    new = cr.optimizers.Adam().new_values(p, g, LEARNING_RATE, STEP, {"m": m, "v": v})
    return Program(phases=[[(p, new["p"]), (m, new["m"]), (v, new["v"])]]), arrays


def adam(backend: OpenCLBackend, size: int, rounds: int) -> tuple[float, float, float]:
    """Time the fused update of one flat vector against plain NumPy calls."""
    program, arrays = adam_update(size)
    executable = backend.compile(program)

    def ours() -> None:
        executable.run(step=10, lr=1e-3)
        backend.session.runtime.queue.finish()

    one, two = np.float32(0.1), np.float32(0.001)

    def numpy() -> None:
        p, g, m, v = arrays
        m += one * (g - m)
        v += two * (g * g - v)
        p -= np.float32(1e-3) * m / (np.sqrt(v) + np.float32(1e-7))

    return interleaved(numpy, ours, rounds)


FIRST_STEP = """
import time
begin = time.perf_counter()
import numpy as np, chainrule as cr
model = cr.Sequential([cr.layers.Dense(128, activation="relu"), cr.layers.Dense(10)])
x, y = np.zeros((64, 784), np.float32), np.zeros(64, int)
model.fit(x, y, loss="sparse_softmax_cross_entropy", optimizer="adam", epochs=1,
          batch_size=64, backend="opencl:{device}")
print(time.perf_counter() - begin)
"""


def first_step(device: str) -> float:
    """Return the seconds from the start of a process to the end of its first step."""
    command = [sys.executable, "-c", FIRST_STEP.format(device=device)]
    return min(
        float(subprocess.run(command, capture_output=True, check=True).stdout)
        for _ in range(4)
    )


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--device", default="0")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--python", default=sys.executable)
    options = parser.parse_args()
    backend = OpenCLBackend(options.device)
    table = Table("what", "against", "µs there", "µs here", "ratio")
    for case in CASES:
        found = steps(case, options.device, options.rounds, options.python)
        for peer, numbers in found.items():
            table.add_row(f"Adam step {case}", peer, *cells(numbers))
    for size in (512, 1024):
        numbers = product(backend, size, options.rounds)
        table.add_row(f"matmul {size}³", "NumPy (BLAS)", *cells(numbers))
    numbers = adam(backend, 1_863_690, options.rounds)
    table.add_row("Adam, 1.86 M parameters", "NumPy", *cells(numbers))
    seconds = first_step(options.device)
    table.add_row("first step of a process, s", "", "", f"{seconds:.2f}", "")
    table.title = str(backend.chosen().name)
    Console(width=110).print(table)


def cells(numbers: tuple[float, float, float]) -> list[str]:
    """Return two times and a ratio as text."""
    return [f"{numbers[0]:,.0f}", f"{numbers[1]:,.0f}", f"{numbers[2]:.2f}"]


if __name__ == "__main__":
    main()
