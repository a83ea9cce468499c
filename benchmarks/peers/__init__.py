"""One file per framework: each makes the same training step its own way.

A peer is a function ``make(case) -> run``; ``run(count)`` does `count` whole Adam steps
(gather a batch, forward, loss, backward, update) and returns the seconds they took.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

PEERS = {
    "chainrule": "chainrule_fit",
    "chainrule, plain": "chainrule_plain",
    "chainrule, OpenCL": "chainrule_opencl",
    "bare matmuls": "matmuls",
    "PyTorch eager": "pytorch",
    "PyTorch compile": "pytorch_compile",
    "JAX jit": "jax_jit",
    "scikit-learn": "sklearn_mlp",
    "MyGrad": "mygrad_adam",
    "tinygrad": "tinygrad_jit",
}
"""Name in the table → module here."""

Run = Callable[[int], float]


def loop(step: Callable[[Any], Any], batches: Any, wait: Callable[[], Any]) -> Run:
    """Return a `run` that calls `step` on one batch after the other, then waits."""

    def run(count: int) -> float:
        begin = time.perf_counter()
        for i in range(count):
            step(batches[i % len(batches)])
        wait()
        return time.perf_counter() - begin

    return run
