"""Inference: predicting and measuring, batch by batch, without learning."""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from chainrule.data.arrays import Array
from chainrule.data.batches import Feeds, batch_shapes, slices_of
from chainrule.kinds.backend import Backend, Executable
from chainrule.training.objective import Objective
from chainrule.training.session import Session

BATCH_SIZE = 1024
"""Rows in a batch where nothing is learned: enough to keep the processor busy."""


def predict(
    session: Session, feeds: Feeds, backend: Backend, batch_size: int = BATCH_SIZE
) -> list[Array]:
    """Return the predictions of each output for all rows."""
    parts: list[list[Array]] = [[] for _ in session.network.outputs]
    with session.using(backend):
        for rows in slices_of(len(feeds[0][1]), batch_size):
            shapes = batch_shapes(feeds, rows.stop - rows.start)
            executable = session.predictor(shapes, backend)
            _compute(executable, feeds, rows)
            for i, part in enumerate(parts):
                part.append(executable.fetch(i))
    return [part[0] if len(part) == 1 else np.concatenate(part) for part in parts]


def measure(
    session: Session,
    objective: Objective,
    feeds: Feeds,
    backend: Backend,
    batch_size: int = BATCH_SIZE,
) -> dict[str, float]:
    """Return the objective's numbers over all rows."""
    totals: dict[int, Array] = {}
    count = len(feeds[0][1])
    with session.using(backend):
        for rows in slices_of(count, batch_size):
            size = rows.stop - rows.start
            executable = session.evaluator(
                objective, batch_shapes(feeds, size), backend
            )
            try:
                _compute(executable, feeds, rows)
            except BaseException:
                with suppress(Exception):
                    executable.take_totals()  # or the next measurement would have them
                raise
            taken = executable.take_totals()
            totals[size] = totals[size] + taken if size in totals else taken
    return objective.measured(totals, count)


def _compute(executable: Executable, feeds: Feeds, rows: slice) -> None:
    for leaf, array in feeds:
        executable.put(leaf, array[rows])
    executable.run()
