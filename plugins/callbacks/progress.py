"""The progress of a training run, while it goes on."""

from __future__ import annotations

import time
from dataclasses import field
from typing import ClassVar

from chainrule.kinds.callback import Callback, Run
from chainrule.plugins.callbacks.displays import Display, EpochLog, Log, display_here
from chainrule.plugins.callbacks.line import Standing


class Progress(Callback):
    """Show epoch, speed, remaining time and the numbers of the last epoch.

    In a terminal and in a notebook it is a line that is renewed. Elsewhere lines are
    written to standard error: one after an epoch, but not more often than every few
    seconds, and a last one; so the steps of training are as fast as without.

    Args:
        lines: write a line for each epoch instead, wherever the program runs.
    """

    every_step: ClassVar[bool] = False

    lines: bool = False

    _display: Display | None = field(default=None, init=False)
    _due: float = field(default=0.0, init=False)
    _begun: tuple[float, int, int] = field(default=(0.0, 0, 0), init=False)

    @property
    def watches_steps(self) -> bool:
        return not issubclass(self._kind, Log)

    @property
    def _kind(self) -> type[Display]:
        return EpochLog if self.lines else display_here()

    def begin(self, run: Run) -> None:
        self._display = self._kind()
        begun = time.perf_counter()
        self._begun = begun, run.epoch, run.step
        self._due = begun + self._display.interval

    def step_end(self, run: Run) -> None:
        if time.perf_counter() >= self._due:
            self._show(run)

    def epoch_end(self, run: Run) -> None:
        if self._display is not None and self._display.every_epoch:
            self._show(run)
        else:
            self.step_end(run)

    def end(self, run: Run) -> None:
        if self._display is not None:
            self._show(run)
            self._display.close()
            self._display = None

    def _show(self, run: Run) -> None:
        if self._display is not None:
            now = time.perf_counter()
            self._due = now + self._display.interval
            self._display.show(_standing(run, now, *self._begun))


def _standing(run: Run, now: float, begun: float, epoch: int, step: int) -> Standing:
    done = (run.epoch - 1 - epoch) * run.steps_per_epoch + run.step_of_epoch
    total = (run.last_epoch - epoch) * run.steps_per_epoch
    rate = (run.step - step) / max(now - begun, 1e-9)
    return Standing(run, done, total, rate)
