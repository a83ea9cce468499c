"""Benchmark cases: multi-layer perceptrons with relu, trained with Adam, float32."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Case:
    """One network and batch size, with data to draw batches from."""

    name: str
    sizes: tuple[int, ...]
    batch: int
    examples: int = 4096

    @property
    def data(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        """Inputs and random labels.

        Labels that can be learned turn probabilities into denormal numbers, and then
        those are timed instead of the framework.
        """
        random = np.random.default_rng(0)
        x = random.normal(size=(self.examples, self.sizes[0])).astype(np.float32)
        return x, random.integers(0, self.sizes[-1], self.examples)

    def batches(self, count: int) -> npt.NDArray[np.int64]:
        """Rows of `count` batches, shuffled."""
        random = np.random.default_rng(1)
        return random.integers(0, self.examples, (count, self.batch))

    def weights(self) -> list[tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]]:
        """Kernel (fan_in, fan_out) and bias of each layer: He's initial values."""
        random = np.random.default_rng(2)
        return [
            (
                (random.normal(size=(a, b)) * np.sqrt(2 / a)).astype(np.float32),
                np.zeros(b, np.float32),
            )
            for a, b in zip(self.sizes, self.sizes[1:], strict=False)
        ]


CASES = {
    case.name: case
    for case in (
        Case("64-32-10, 32", (64, 32, 10), 32),
        Case("784-128-10, 64", (784, 128, 10), 64),
        Case("784-1024-1024-10, 256", (784, 1024, 1024, 10), 256),
        Case("100 × 32, 16", (32,) * 101 + (10,), 16),
    )
}
