"""The training loop: one epoch, as little around each step as can be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

import numpy as np

from chainrule.data.arrays import Array
from chainrule.data.batches import Feeds, batches_in
from chainrule.errors import ExecutionError
from chainrule.kinds.backend import Executable
from chainrule.kinds.schedule import Schedule
from chainrule.training.run import Run
from chainrule.training.state import TrainingState

Hook = Callable[[Run], None]


class Loop:
    """Runs training steps over rows in a given order.

    Args:
        run: what callbacks see; its `stop` is heeded after every step.
        state: counts the steps.
        feeds: each leaf with all its rows.
        size: how many rows a batch has; the last one may be smaller.
        seed: seed of dropout and its like.
        schedule: the learning rate of each step, or None for the optimizer's own.
        hooks: what is called after each step.

    Attributes:
        torn: whether a step failed in its middle, and may have changed some
            parameters and not others.
        late: whether that was noticed after more steps were done: a device says
            only when it is waited for that an index was out of range.
    """

    def __init__(
        self,
        run: Run,
        state: TrainingState,
        feeds: Feeds,
        size: int,
        seed: int,
        schedule: Schedule | None,
        hooks: Sequence[Hook],
    ) -> None:
        self.run = run
        self.state = state
        self.feeds = feeds
        self.size = size
        self.seed = seed
        self.schedule = schedule
        self.hooks = hooks
        self.torn = self.late = False

    def epoch(
        self, order: Array, program: Callable[[int], Executable]
    ) -> dict[int, Array]:
        """Do the steps of one epoch.

        Args:
            order: the rows, in the order in which they are taken.
            program: batch size → the compiled step.

        Returns:
            Size of batch → the totals, added up over all batches of that size.
        """
        totals = {}
        self.torn = self.late = False
        for rows in batches_in(order, self.size):
            if not self.run.stopping:
                executable = program(rows.shape[1])
                try:
                    with executable.running():
                        self._steps(executable, rows)
                except BaseException:
                    with suppress(Exception):
                        self._take_totals(executable)  # or the next epoch has them
                    raise
                totals[rows.shape[1]] = self._take_totals(executable)
        return totals

    def _take_totals(self, executable: Executable) -> Array:
        try:
            return executable.take_totals()
        except Exception as error:
            self.torn = True
            self.late = isinstance(error, ExecutionError)
            raise

    def _steps(self, executable: Executable, batches: Array) -> None:
        run, feeds, seed, hooks = self.run, self.feeds, self.seed, self.hooks
        put, compute, schedule = executable.put, executable.run, self.schedule
        lr, step = self.state.optimizer.lr, self.state.step
        try:
            for rows in batches:
                for leaf, array in feeds:
                    put(leaf, array, rows)
                if schedule is not None:
                    lr = schedule.rate(
                        self.state.optimizer.lr, step + 1, run.steps_per_epoch
                    )
                try:
                    compute(seed=seed, step=step + 1, lr=lr)
                    step += 1
                except BaseException:
                    self.torn = True
                    raise
                if hooks:
                    run.step, run.lr, self.state.step = step, lr, step
                    run.step_of_epoch += 1
                    for hook in hooks:
                        hook(run)
                if run.stopping:
                    break
        finally:
            self.state.step = step


def all_finite(totals: dict[int, Array], state: TrainingState) -> bool:
    """Whether an epoch's totals and the parameters it ended with are numbers."""
    with np.errstate(all="ignore"):
        sums = [np.sum(part) for part in (*totals.values(), state.flat.value)]
        return bool(np.isfinite(sums).all())
