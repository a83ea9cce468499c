"""Scaling of building, differentiating, compiling and drawing with a chain's depth.

    python -m benchmarks.graph_scale [--layers N …] [--jax]

Each depth is measured in a process of its own; memory is what tracemalloc saw at most.
With ``--jax``, the time that JAX takes to trace and compile the same training step of
500 layers is measured in the same run and shown beside it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parent.parent
WIDTH, BATCH = 32, 16
STAGES = (
    "build",
    "differentiate",
    "graph",
    "compile",
    "run",
    "draw (DOT)",
    "memory MB",
)


def chain(layers: int) -> dict[str, float]:
    """Measure one depth: seconds of each stage, and peak memory in megabytes."""
    memory, _ = _stages(layers, traced=True)
    _, seconds = _stages(layers, traced=False)
    return {**seconds, "memory MB": memory}


def _stages(layers: int, *, traced: bool) -> tuple[float, dict[str, float]]:
    import numpy as np

    import chainrule as cr
    from chainrule.execution import open_backend
    from chainrule.program import Program

    backend = open_backend("numpy")
    cr.evaluate([cr.constant(1.0)])  # plugins are loaded before the clock starts
    if traced:
        tracemalloc.start()
    seconds: dict[str, float] = {}
    clock = _Clock(seconds)
    x = cr.input("x", (None, WIDTH))
    weights, h = [], x
    kernel, bias = np.zeros((WIDTH, WIDTH), np.float32), np.zeros(WIDTH, np.float32)
    for i in range(layers):
        with cr.scope(f"dense_{i + 1}"):
            w, b = cr.parameter("kernel", kernel), cr.parameter("bias", bias)
            weights += [w, b]
            h = cr.ops.relu(h @ w + b)
    loss = cr.ops.mean(cr.ops.square(h))
    clock.lap("build")
    gradients = cr.grad(loss, weights)
    clock.lap("differentiate")
    cr.Graph([loss, *gradients])
    clock.lap("graph")
    program = Program([loss, *gradients], shapes={x: (BATCH, WIDTH)})
    executable = backend.compile(program)
    clock.lap("compile")
    executable.put(x, np.ones((BATCH, WIDTH), np.float32))
    executable.run()
    clock.lap("run")
    cr.draw(loss, level="op", direction="both").source.encode()
    clock.lap("draw (DOT)")
    peak = tracemalloc.get_traced_memory()[1] / 1e6 if traced else 0.0
    tracemalloc.stop()
    return peak, seconds


class _Clock:
    def __init__(self, seconds: dict[str, float]) -> None:
        self.seconds, self.last = seconds, time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.seconds[name], self.last = now - self.last, now


def jax_compile(layers: int) -> float:
    """Return the seconds that JAX takes to jit the gradients of the same chain."""
    import jax
    import jax.numpy as jnp

    x = jnp.ones((BATCH, WIDTH))
    weights = [(jnp.zeros((WIDTH, WIDTH)), jnp.zeros(WIDTH)) for _ in range(layers)]

    def loss(weights: Any) -> Any:
        h = x
        for w, b in weights:
            h = jax.nn.relu(h @ w + b)
        return (h * h).mean()

    begin = time.perf_counter()
    jax.jit(jax.value_and_grad(loss)).lower(weights).compile()
    return time.perf_counter() - begin


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--layers", type=int, nargs="*", default=[10, 100, 1000, 5000])
    parser.add_argument("--jax", action="store_true")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        sys.stdout.write(json.dumps(chain(options.one)))
        return
    table = Table("layers", *STAGES, title="seconds")
    for layers in options.layers:
        measured = _apart(layers)
        table.add_row(str(layers), *(f"{measured[s]:.3f}" for s in STAGES))
    console = Console(width=120)
    console.print(table)
    if options.jax:
        ours, theirs = _apart(500), jax_compile(500)
        spent = sum(ours[s] for s in ("build", "differentiate", "compile"))
        console.print(
            f"500 layers: build + differentiate + compile {spent:.2f} s, "
            f"JAX jit {theirs:.2f} s, ratio {spent / theirs:.2f}"
        )


def _apart(layers: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.graph_scale", "--one", str(layers)]
    output = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True
    )
    result: dict[str, float] = json.loads(output.stdout)
    return result


if __name__ == "__main__":
    main()
