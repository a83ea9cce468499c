"""The training loop: the steps of an epoch, with as little as possible around each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from chainrule.data.arrays import Array
from chainrule.data.batches import Feeds, batches_in
from chainrule.errors import ExecutionError
from chainrule.kinds.backend import Executable
from chainrule.kinds.callback import Run
from chainrule.kinds.schedule import Schedule
from chainrule.training.state import TrainingState

Programs = Callable[[int], Executable]
"""Batch size → the compiled training step."""
Totals = dict[int, Array]
"""Batch size → the objective's totals, summed over all batches of that size."""


class StepFailed(Exception):
    """An error that ended an epoch early, with what it left of the parameters.

    Attributes:
        error: the error: of the backend, of a callback, or a Ctrl-C.
        step: the number of the last step that was completed.
        torn: whether the next step was broken off, so that some parameters may be
            updated and others not.
        late: whether the fault is in some earlier step: a device reports an index out
            of range only when it is waited for.
    """

    def __init__(
        self,
        error: BaseException,
        step: int,
        *,
        torn: bool = False,
        late: bool = False,
    ) -> None:
        super().__init__(f"after step {step}: {error!r}")
        self.error = error
        self.step = step
        self.torn = torn
        self.late = late


@dataclass(frozen=True)
class Loop:
    """Training steps over rows in a given order.

    Attributes:
        run: what callbacks see; its `stop` is heeded within a moment.
        state: counts the steps.
        feeds: each input with all its rows.
        size: the rows in a batch; the last batch may be smaller.
        seed: seed of dropout and other random ops.
        schedule: the learning rate of each step, or None for the optimizer's own.
        programs: batch size → the compiled step.
        hooks: called after each step, or after a few of them.
        every_step: whether hooks are called after each step.
    """

    run: Run
    state: TrainingState
    feeds: Feeds
    size: int
    seed: int
    schedule: Schedule | None
    programs: Programs
    hooks: Sequence[Callable[[Run], None]] = ()
    every_step: bool = False

    def epoch(self, order: Array) -> Totals:
        """Do one step for each batch of the rows, taken in this order.

        Raises:
            StepFailed: any error, with the last step completed before it.
        """
        totals: Totals = {}
        first = self.state.step
        for batches in batches_in(order, self.size):
            if not self.run.stopping:
                totals[batches.shape[1]] = self._steps(batches, first)
        return totals

    def _steps(self, batches: Array, first: int) -> Array:
        """Do one step for each batch, all of one size; return their totals.

        The epoch began after the step number `first`.
        """
        step = self.state.step
        try:
            executable = self.programs(batches.shape[1])
        except BaseException as error:
            raise StepFailed(error, step) from error
        run, feeds, seed, hooks = self.run, self.feeds, self.seed, self.hooks
        run_batches, schedule = executable.run_batches, self.schedule
        base, lr = self.state.optimizer.lr, run.lr
        earlier = self.state.epoch * run.steps_per_epoch - first

        begun, at_once = step, 1 if self.every_step else len(batches)
        failure: BaseException | None = None
        torn = late = False

        def rate(step: int) -> float:
            nonlocal lr, torn
            scheduled = base
            if schedule is not None:
                nth, each = earlier + step, run.steps_per_epoch
                scheduled = schedule.checked_rate(base, nth, each)
            lr = scheduled * run.lr_scale
            torn = True  # the step begins
            return lr

        try:
            with executable.running():
                while step < begun + len(batches) and not run.stopping:
                    some = batches[step - begun : step - begun + at_once]
                    step += run_batches(
                        feeds, some, seed=seed, step=step + 1, rate=rate
                    )
                    torn = False
                    if hooks:
                        self.state.step = step
                        run.record(step=step, lr=lr, step_of_epoch=step - first)
                        for hook in hooks:
                            hook(run)
        except BaseException as error:
            failure = error
        finally:
            self.state.step = step
            run.record(step=step, lr=lr, step_of_epoch=step - first)
        try:
            totals = executable.take_totals()  # or the next epoch would have them
        except Exception as error:
            failure = failure or error
            torn, late = True, isinstance(error, ExecutionError)
        if failure is not None:
            raise StepFailed(failure, step, torn=torn, late=late) from failure
        return totals


def all_finite(totals: Totals, state: TrainingState) -> bool:
    """Return whether an epoch's totals and the parameters after it are finite."""
    with np.errstate(all="ignore"):
        sums = [np.sum(part) for part in (*totals.values(), state.flat.value)]
        return bool(np.isfinite(sums).all())
