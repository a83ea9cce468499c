"""The pace: how many runs a launch does, so that it takes no longer than a moment."""

from __future__ import annotations

import time
from typing import Any

import pyopencl as cl

from chainrule.backends.opencl.device.runtime import Runtime

MOMENT = 0.05
"""Seconds that a launch of many runs takes, about: so fast a training run can stop."""
FEW = 16
"""Runs that an idle device begins with at most, while the host prepares more."""


class Pace:
    """Counts how many runs a launch may do, from the time that earlier ones took.

    At most two launches are in the queue: the device need not wait for the host, and
    the host knows how long each of them takes.

    Attributes:
        runs: how many a launch may do, once the device is busy.
    """

    def __init__(self, runtime: Runtime) -> None:
        self.runs = 1
        self._runtime = runtime
        self._last: tuple[Any, int] | None = None
        self._begun = 0.0
        self._limit = FEW

    def allowed(self, most: int) -> int:
        """Return how many runs the next launch may do, up to some number.

        An idle device begins with few, and then with twice as many each time: so it
        waits for few values to be sent, and never for the next ones.
        """
        idle = self._last is None or _is_complete(self._last[0])
        self._limit = FEW if idle else 2 * self._limit
        return min(most, self.runs, self._limit)

    def launched(self, event: Any, runs: int) -> None:
        """Note a launch that does some runs; wait for the one before it.

        Raises:
            BackendError: the device failed.
        """
        last, self._last = self._last, (event, runs)
        if last is not None:
            before, done = last
            waited = not _is_complete(before)
            self._runtime.wait(before)
            seconds = time.perf_counter() - self._begun
            if seconds < MOMENT / 2:
                self.runs = max(self.runs, min(2 * self.runs, 4 * done))
            elif seconds > 2 * MOMENT and waited:
                self.runs = max(self.runs // 2, 1)
        self._begun = time.perf_counter()


def _is_complete(event: Any) -> bool:
    status = event.command_execution_status
    return bool(status == cl.command_execution_status.COMPLETE)
