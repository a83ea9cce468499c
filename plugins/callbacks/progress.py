"""A progress bar."""

from __future__ import annotations

import sys
import time
from dataclasses import field
from typing import Any

from chainrule.kinds.callback import Callback
from chainrule.training import Run

INTERVAL = 0.1
"""Seconds between two updates of the bar."""


class Progress(Callback):
    """A bar with epochs done, steps per second, time remaining and the last numbers.

    Silent when standard output is not a terminal.
    """

    _bar: Any = field(default=None, init=False)
    _due: float = field(default=0.0, init=False)
    _begun: tuple[float, int] = field(default=(0.0, 0), init=False)
    _first: int = field(default=0, init=False)

    def begin(self, run: Run) -> None:
        if not sys.stdout.isatty():
            return
        self._first = run.epoch
        self._bar = _bar()
        self._bar.add_task(
            "",
            total=(run.last_epoch - run.epoch) * run.steps_per_epoch,
            epoch=run.epoch,
            last=run.last_epoch,
            rate=0.0,
            numbers="",
        )
        self._begun = time.perf_counter(), run.step
        self._bar.start()

    def step_end(self, run: Run) -> None:
        if self._bar is not None and time.perf_counter() >= self._due:
            self._show(run)

    def epoch_end(self, run: Run) -> None:
        if self._bar is not None:
            self._show(run)

    def end(self, run: Run) -> None:
        if self._bar is not None:
            self._show(run)
            self._bar.stop()
            self._bar = None

    def _show(self, run: Run) -> None:
        now = time.perf_counter()
        self._due = now + INTERVAL
        begun, first = self._begun
        done = (run.epoch - 1 - self._first) * run.steps_per_epoch + run.step_of_epoch
        numbers = (f"{name} {value:.4g}" for name, value in run.history.last.items())
        self._bar.update(
            self._bar.task_ids[0],
            completed=done,
            epoch=run.epoch,
            rate=(run.step - first) / max(now - begun, 1e-9),
            numbers="  ".join(numbers),
        )


def _bar() -> Any:
    from rich.progress import (  # slow to import, and often not needed
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("epoch {task.fields[epoch]}/{task.fields[last]}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]:,.0f} steps/s"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[numbers]}"),
    )
