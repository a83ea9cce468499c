"""The pace: how many runs a launch does, so that it takes no longer than a moment."""

from __future__ import annotations

import time
from typing import Any

import pyopencl as cl

from chainrule.backends.opencl.device.runtime import Runtime

MOMENT = 0.05
"""Seconds that a launch of many runs takes, about: so fast a training run can stop."""


class Pace:
    """Counts how many runs a launch may do, from the time that earlier ones took.

    At most two launches are in the queue: the device need not wait for the host, and
    the host knows how long each of them takes.

    Attributes:
        runs: how many the next launch may do.
    """

    def __init__(self, runtime: Runtime) -> None:
        self.runs = 1
        self._runtime = runtime
        self._last: tuple[Any, int] | None = None
        self._begun = 0.0

    def launched(self, event: Any, runs: int) -> None:
        """Note a launch that does some runs; wait for the one before it.

        Raises:
            BackendError: the device failed.
        """
        last, self._last = self._last, (event, runs)
        if last is not None:
            before, done = last
            complete = cl.command_execution_status.COMPLETE
            waited = before.command_execution_status != complete
            self._runtime.wait(before)
            seconds = time.perf_counter() - self._begun
            if seconds < MOMENT / 2:
                self.runs = max(self.runs, min(2 * self.runs, 4 * done))
            elif seconds > 2 * MOMENT and waited:
                self.runs = max(self.runs // 2, 1)
        self._begun = time.perf_counter()
