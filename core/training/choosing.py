"""What `backend="auto"` means: where the steps of a training run are fastest."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import numpy as np

from chainrule.errors import BackendWarning
from chainrule.execution.fastest import Candidate, fastest
from chainrule.files import reason
from chainrule.kinds.backend import Backend
from chainrule.program.sizes import NODE_BYTES
from chainrule.terminal import visible_line
from chainrule.training.loop import Loop, StepFailed
from chainrule.training.session import Session
from chainrule.training.state import Backup, put_back

T = TypeVar("T")

LONG = 0.05
"""Seconds for which a device is timed, at least; one is warmed up for about as long."""
OFTEN = 5
"""How often it is timed, unless that takes longer: other work may interrupt it."""


def class_of_steps(loop: Loop, graph_bytes: int) -> str:
    """Name the class of a training run's steps: its sizes, to a power of two."""
    numbers = sum(math.prod(array.shape[1:]) for _, array in loop.feeds)
    state = loop.state
    rows, numbers, parameters, nodes, steps = (
        1 << round(math.log2(max(size, 1)))
        for size in (
            loop.size,
            numbers,
            state.flat.value.size,
            graph_bytes // NODE_BYTES,
            loop.run.steps_per_epoch,
        )
    )
    return (
        f"{rows} rows of {numbers}, {parameters} parameters, {nodes} nodes, "
        f"{steps} steps an epoch"
        + ", each watched" * loop.every_step
        + f", {state.dtype}" * (state.dtype != "float32")
    )


def choose_device(
    kind: str, loop: Loop, session: Session, use: Callable[[Backend], None]
) -> Candidate | None:
    """Return the device on which a class of steps is fastest.

    Args:
        kind: names the class.
        loop: does the steps. Parameters, slots and the step counter are afterwards
            what they were.
        session: what the loop trains.
        use: lets the loop's programs be those of a backend.

    Returns:
        The device, or None if the steps fail on each.

    Warns:
        BackendWarning: they fail on a device; once for each model.
    """
    before = session.cannot.get(kind, {})
    cannot, tried = dict(before), set()

    def attempt(one: Candidate, work: Callable[[], T]) -> T | None:
        use(one.backend)
        tried.add(one.title)
        try:
            return work()
        except Exception as error:  # of memory, say, or of a driver
            cannot[one.title] = reason(error).partition("\n")[0]
            return None

    def seconds(one: Candidate) -> float | None:
        return attempt(one, lambda: step_seconds(loop, session, one.backend))

    def works(one: Candidate) -> bool:
        return attempt(one, lambda: loop.programs(loop.size)) is not None

    while (chosen := fastest(kind, seconds, cannot)) and not works(chosen):
        pass
    if len(tried) > 1:
        session.forget(but=chosen and chosen.backend)
    if chosen:
        session.cannot[kind] = cannot
        for title in cannot.keys() - before.keys():
            text = f"backend='auto' leaves out {title}: {cannot[title]}"
            warnings.warn(visible_line(text), BackendWarning, stacklevel=2)
    return chosen


def step_seconds(loop: Loop, session: Session, backend: Backend) -> float:
    """Return how long a step takes on a backend.

    Raises:
        BaseException: it fails there.
    """
    values, step = Backup(session.changing), loop.state.step
    trial = replace(loop, run=replace(loop.run, stopping=False), hooks=())
    try:
        backend.push(session.changing)
        return _timed(trial)
    except StepFailed as failed:
        raise failed.error from None
    finally:
        loop.state.step = step
        put_back(values, session.changing, backend)


def _timed(loop: Loop) -> float:
    """Return the seconds of a step, in the fastest of some epochs."""
    rows = len(loop.feeds[0][1])
    most = max(rows // loop.size, 1)
    steps, times, total, best = 1, 0, 0.0, math.inf
    loop.epoch(np.arange(loop.size))  # compiles
    while total < LONG or (times < OFTEN and total < OFTEN * LONG):
        begin = time.perf_counter()
        loop.epoch(np.arange(steps * loop.size))
        seconds = time.perf_counter() - begin
        if seconds < LONG / 2 and steps < most:
            steps = min(2 * steps, most)
        else:
            times += 1
            total += seconds
            best = min(best, seconds / steps)
    return best
