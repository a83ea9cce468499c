"""Profiles: the device's own times of kernels."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import Any

import pyopencl as cl

from chainrule.backends.opencl.source.launch import Launch
from chainrule.node import Node
from chainrule.ops import Op
from chainrule.profile.profile import Profile
from chainrule.profile.speed import Speed
from chainrule.profile.work import Portion, Task, Work
from chainrule.program import Program

PENDING = 4096
"""Launches after which the profile waits for the device, to note their times."""


class Recorder:
    """Notes the times of launches in a profile.

    Args:
        device: the name of the device.
        speed: the best that it can do.
        queue: the queue of the kernels.
    """

    def __init__(self, device: str, speed: Speed, queue: Any) -> None:
        self.profile = Profile(f"opencl on {device}", speed)
        self._queue = queue
        self._begin = time.perf_counter()
        self._pending: list[tuple[Task, Any]] = []

    def add(self, tasks: Iterable[Task], events: Iterable[Any]) -> None:
        """Note that tasks were launched, each with its event."""
        self._pending += zip(tasks, events, strict=True)
        if len(self._pending) >= PENDING:
            self._collect()

    def close(self) -> None:
        """Note the times that are still missing; after a failure, those it knows."""
        with contextlib.suppress(cl.Error):
            self._collect()
        self.profile.wall = time.perf_counter() - self._begin

    def _collect(self) -> None:
        pending, self._pending = self._pending, []
        self._queue.finish()
        for task, event in pending:
            self.profile.add(task, event.profile.start, event.profile.end)


def tasks_of(
    program: Program, kernels: Container[type[Op]], launches: Sequence[Launch]
) -> list[Task]:
    """Return each launch of a program as a profile counts it."""
    return Work(program, kernels).tasks(list(_portions(launches)))


def _portions(launches: Sequence[Launch]) -> Iterator[Portion]:
    """Yield each launch as a portion; a second one for a node only moves data."""
    met: set[Node] = set()
    for launch in launches:
        if launch.auxiliary or launch.nodes[-1] in met:
            moved = 2 * min(slot.nbytes for slot in launch.slots)
            yield Portion(launch.nodes, launch.label, moved)
        else:
            yield Portion(launch.nodes)
            met.update(launch.nodes)
