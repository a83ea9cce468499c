"""Inference: predicting and measuring, batch by batch, without learning."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np

from chainrule.data.arrays import Array
from chainrule.data.batches import Feeds, Shapes, batch_shapes, slices_of
from chainrule.data.inputs import examples_for
from chainrule.kinds.backend import Backend, Executable
from chainrule.training.criteria import Criteria
from chainrule.training.examples import Examples
from chainrule.training.objective import Objective
from chainrule.training.session import Session

BATCH_SIZE = 1024
"""Rows in a batch where nothing is learned: enough to keep the processor busy."""


def predict(
    session: Session, x: Any, *, batch_size: int, backend: str | Backend | None
) -> list[Array]:
    """Return the predictions of each output for all examples; see `Model.predict`."""
    network = session.network
    arrays = examples_for(network.inputs, network.outputs, x, session.dtype)
    feeds = list(zip(network.inputs, arrays, strict=True))
    device = session.open(backend)
    with session.using(device):
        return in_batches(feeds, batch_size, lambda s: session.predictor(s, device))


def in_batches(
    feeds: Feeds, batch_size: int, program: Callable[[Shapes], Executable]
) -> list[Array]:
    """Return the outputs of a program for all rows.

    Args:
        feeds: each input with all its rows.
        batch_size: the rows that are computed together.
        program: the shapes of the inputs → the compiled program.
    """
    batches: list[list[Array]] = []
    for rows in slices_of(len(feeds[0][1]), batch_size):
        executable = program(batch_shapes(feeds, rows.stop - rows.start))
        _compute(executable, feeds, rows)
        outputs = range(len(executable.program.outputs))
        batches.append([executable.fetch(i) for i in outputs])
    if len(batches) == 1:
        return batches[0]
    return [np.concatenate(part) for part in zip(*batches, strict=True)]


def evaluate(
    session: Session,
    x: Any,
    y: Any,
    *,
    loss: Any,
    metrics: Any,
    sample_weight: Any,
    batch_size: int,
    backend: str | Backend | None,
) -> dict[str, Any]:
    """Return loss and metrics on examples, by name; see `Model.evaluate`."""
    device, network = session.open(backend), session.network
    criteria = Criteria.to_measure(network, session.criteria, loss, metrics)
    examples = Examples.of(network, criteria, x, y, sample_weight, floats=session.dtype)
    objective = session.objective(criteria, examples)
    return measure(session, objective, examples.feeds(objective), device, batch_size)


def measure(
    session: Session,
    objective: Objective,
    feeds: Feeds,
    backend: Backend,
    batch_size: int = BATCH_SIZE,
) -> dict[str, Any]:
    """Return the objective's numbers over all rows, a batch of some at a time."""
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
