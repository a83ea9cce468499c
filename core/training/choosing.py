"""What `backend="auto"` means: where a training step is fastest on this machine.

Each device is timed once for each class of steps; the times are kept in the user's
cache folder.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import platformdirs

from chainrule.errors import BackendError, ChainRuleError
from chainrule.execution import open_backend
from chainrule.files import read_table, write_table
from chainrule.kinds.backend import Backend
from chainrule.program.sizes import NODE_BYTES
from chainrule.registry import registry
from chainrule.training.loop import Loop, StepFailed
from chainrule.training.session import Session
from chainrule.training.state import Backup

LONG = 0.05
"""Seconds for which a device is timed, at least; one is warmed up for about as long."""

Times = dict[str, float]
"""Device, as `Candidate.title` writes it → seconds of a step."""


class Candidate(NamedTuple):
    """A device that a network can be trained on.

    Attributes:
        name: what to write for it, such as ``"opencl:0"``.
        title: the same with the device's own name, and the release that runs on it.
        backend: runs on it.
    """

    name: str
    title: str
    backend: Backend


def candidates() -> list[Candidate]:
    """Return NumPy, and the devices of all other backends that have one here."""
    found = []
    for entry in registry.entries("backends"):
        with suppress(BackendError):  # no driver, say
            devices = open_backend(entry.name).devices()
            for number, device in enumerate(devices):
                name = f"{entry.name}:{number}" if entry.name != "numpy" else "numpy"
                release = f"{entry.distribution} {entry.version}"
                title = f"{name} on {device.name}, {release}"
                found.append(Candidate(name, title, open_backend(name)))
    return sorted(found, key=lambda one: one.name != "numpy")


def fastest(kind: str, seconds: Callable[[Backend], float | None]) -> Candidate:
    """Return the device on which a kind of step takes the least time.

    Args:
        kind: names the class of steps.
        seconds: how long a step takes on a backend; None if it fails there. Not called
            if all devices were timed before.
    """
    found = candidates()
    times: Mapping[str, float | None] = known_times().get(kind, {})
    if len(found) > 1 and times.keys() != {one.title for one in found}:
        times = {one.title: seconds(one.backend) for one in found}
        if None not in times.values():
            write_table(_file(), known_times() | {kind: times})
    return min(found, key=lambda one: times.get(one.title) or math.inf)


def known_times() -> dict[str, Times]:
    """Return the times that were measured on this machine, by the class of steps."""
    table = read_table(_file())
    return {kind: times for kind, times in table.items() if _are_times(times)}


def _are_times(value: object) -> bool:
    """Return whether a value that was read is what was written."""
    return isinstance(value, dict) and all(
        isinstance(time, float) and time > 0 for time in value.values()
    )


def _file() -> Path:
    return Path(platformdirs.user_cache_dir("chainrule")) / "backends.json"


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
    watched = ", each watched" * loop.every_step
    return (
        f"{steps} steps an epoch{watched}, {rows} rows of {numbers} numbers, "
        f"{parameters} parameters, {nodes} nodes, {state.dtype}"
    )


def step_seconds(loop: Loop, session: Session, backend: Backend) -> float | None:
    """Return how long a step takes on a backend, or None if it fails there.

    The loop's programs are those of the backend. Parameters, slots and the step counter
    are afterwards what they were.
    """
    values, step = Backup(session.changing), loop.state.step
    trial = replace(loop, run=replace(loop.run, stopping=False), hooks=())
    try:
        backend.push(session.changing)
        return _timed(trial)
    except StepFailed as failed:
        if not isinstance(failed.error, ChainRuleError):
            raise failed.error from None
        return None
    except BackendError:
        return None
    finally:
        values.restore()
        loop.state.step = step
        with suppress(BackendError):
            backend.push(session.changing)
            backend.pull(session.changing)  # so that none counts as newer there


def _timed(loop: Loop) -> float:
    """Return the seconds of a step, in the fastest of some epochs."""
    rows = len(loop.feeds[0][1])
    most = max(rows // loop.size, 1)
    steps, total, best = 1, 0.0, math.inf
    loop.epoch(np.arange(loop.size))  # compiles
    while total < LONG:
        begin = time.perf_counter()
        loop.epoch(np.arange(steps * loop.size))
        seconds = time.perf_counter() - begin
        if seconds < LONG / 2 and steps < most:
            steps = min(2 * steps, most)
        else:
            total += seconds
            best = min(best, seconds / steps)
    return best
