"""Predicting and measuring: a network run over data, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import numpy as np

from chainrule.kinds.backend import Backend, Executable
from chainrule.training.data import Array, Feeds, batch_shapes
from chainrule.training.objective import Objective
from chainrule.training.session import Session

ROWS = 1024
"""Rows in a batch where nothing is learned: large enough to keep the processor busy."""


def predict(
    session: Session, feeds: Feeds, backend: Backend, size: int = ROWS
) -> list[Array]:
    """Return the predictions of each output for all rows."""
    network = session.network
    parts: list[list[Array]] = [[] for _ in network.outputs]
    with session.using(backend):
        for start, stop in _cuts(feeds, size):
            executable = session.predictor(batch_shapes(feeds, stop - start), backend)
            _run(executable, feeds, start, stop)
            for i, part in enumerate(parts):
                part.append(executable.fetch(i))
    return [part[0] if len(part) == 1 else np.concatenate(part) for part in parts]


def measure(
    session: Session,
    objective: Objective,
    feeds: Feeds,
    backend: Backend,
    size: int = ROWS,
) -> dict[str, float]:
    """Return the objective's numbers over all rows."""
    totals: dict[int, Array] = {}
    with session.using(backend):
        for start, stop in _cuts(feeds, size):
            rows = stop - start
            shapes = batch_shapes(feeds, rows)
            executable = session.evaluator(objective, shapes, backend)
            try:
                _run(executable, feeds, start, stop)
            except BaseException:
                with suppress(Exception):
                    executable.take_totals()  # or the next measurement has them
                raise
            taken = executable.take_totals()
            totals[rows] = totals[rows] + taken if rows in totals else taken
    return objective.measured(totals, stop)


def _cuts(feeds: Feeds, size: int) -> Iterator[tuple[int, int]]:
    """Yield where batches start and stop; the last may be smaller."""
    rows = len(feeds[0][1])
    for start in range(0, rows, size):
        yield start, min(start + size, rows)


def _run(executable: Executable, feeds: Feeds, start: int, stop: int) -> None:
    for leaf, array in feeds:
        executable.put(leaf, array[start:stop])
    executable.run()
