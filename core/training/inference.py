"""Predicting and measuring: a network run over data, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from chainrule.kinds.backend import Backend
from chainrule.training.data import Array
from chainrule.training.objective import Objective
from chainrule.training.trainer import Trainer

ROWS = 1024
"""Rows in a batch where nothing is learned: large enough to keep the processor busy."""


def predict(
    trainer: Trainer, arrays: Sequence[Array], backend: Backend, size: int = ROWS
) -> list[Array]:
    """Return the predictions of each output for all rows."""
    network = trainer.network
    backend.push(list(network.parameters.values()))
    parts: list[list[Array]] = [[] for _ in network.outputs]
    for start, stop in cuts(len(arrays[0]), size):
        executable = trainer.predictor(stop - start, backend)
        for leaf, array in zip(network.inputs, arrays, strict=True):
            executable.put(leaf, array[start:stop])
        executable.run()
        for i, part in enumerate(parts):
            part.append(executable.fetch(i))
    return [part[0] if len(part) == 1 else np.concatenate(part) for part in parts]


def measure(
    trainer: Trainer,
    objective: Objective,
    arrays: Sequence[Array],
    backend: Backend,
    size: int = ROWS,
) -> dict[str, float]:
    """Return the objective's numbers over all rows; parameters are on the device.

    `arrays` are what the objective's leaves are fed.
    """
    rows = len(arrays[0])
    totals: dict[int, Array] = {}
    for start, stop in cuts(rows, size):
        executable = trainer.evaluator(objective, stop - start, backend)
        for leaf, array in zip(objective.leaves, arrays, strict=True):
            executable.put(leaf, array[start:stop])
        executable.run()
        totals.setdefault(stop - start, np.zeros(len(objective.totals)))
        totals[stop - start] += executable.take_totals()
    return objective.measured(totals, rows)


def cuts(rows: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield where batches start and stop; the last may be smaller."""
    for start in range(0, rows, size):
        yield start, min(start + size, rows)
