"""Recovery from an epoch that cannot be finished, to a step that was completed."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from chainrule.data.arrays import Array
from chainrule.errors import (
    BackendError,
    ChainRuleError,
    DivergenceError,
    ExecutionError,
)
from chainrule.kinds.backend import Backend
from chainrule.training.loop import Loop, Programs, StepFailed
from chainrule.training.session import Session
from chainrule.training.state import Backup, put_back


class EpochStart:
    """The state an epoch began with, from which its steps can be repeated.

    A step is a function of parameters, data, seed and step number: repeated, it gives
    the same bytes. So recovery costs one copy of the parameters per epoch, and nothing
    per step.

    Args:
        loop: the loop that does the epoch.
        order: the rows, in the order in which it takes them.
        checked: batch size → a compiled step that waits for the device and stops at
            the first value that is not finite.
        session: the parameters, and the programs to drop if the device fails.
        backend: the backend that the loop runs on.
        values: takes the copies; a training run has one for all epochs.
    """

    def __init__(
        self,
        loop: Loop,
        order: Array,
        checked: Programs,
        session: Session,
        backend: Backend,
        values: Backup,
    ) -> None:
        self._run = loop.run
        self._state = loop.state
        self._step = loop.state.step
        self._order = order
        self._plain = replace(loop, run=replace(loop.run, stopping=False), hooks=())
        self._checked = replace(self._plain, programs=checked)
        self._session = session
        self._backend = backend
        self._values = values
        self._values.take(session.changing, backend.copy_all)
        session.touched = False

    def recover(self, failed: StepFailed) -> None:
        """Bring the parameters of the last completed step to the host.

        If no step is torn, the device has them. Otherwise the steps up to that one are
        repeated; and if the device cannot do that, or a callback set weights between
        them, the parameters are those that the epoch began with. The step counter
        always matches the parameters.
        """
        if isinstance(failed.error, BackendError):
            self._session.forget()
        try:
            if failed.torn or self._is_lost():
                if isinstance(failed.error, Exception) and not self._session.touched:
                    self._repeat(failed)
                else:  # a second Ctrl-C: do not wait
                    self._restore()
        finally:
            self._update_run()

    def diverged(self) -> DivergenceError:
        """Go back to the start of the epoch; return the error that says why.

        The epoch's steps are repeated and checked, to find the first node at fault.
        """
        what, where = "the loss or a parameter is not finite", ""
        try:
            self._redo(self._checked, self._state.step)
        except DivergenceError as error:
            what, where = str(error), f", step {self._state.step + 1}"
        except BackendError:
            pass  # no memory for a second program, say: the node stays unknown
        finally:
            self._restore()
            self._update_run()
        return DivergenceError(
            f"training diverged in epoch {self._run.epoch}{where}: {what}; use a lower "
            "learning rate, or clip gradients with clip_norm=1.0"
        )

    def _is_lost(self) -> bool:
        """Return whether the device no longer returns the parameters."""
        try:
            self._backend.pull(self._session.changing)
        except BackendError:
            self._session.forget()
            return True
        return False

    def _repeat(self, failed: StepFailed) -> None:
        last = failed.step
        try:
            if failed.late:
                with suppress(ExecutionError, DivergenceError):
                    self._redo(self._checked, last)
                last = self._state.step  # the one before the fault
            self._redo(self._plain, last)
            self._backend.pull(self._session.changing)
        except ChainRuleError:
            self._restore()
        except BaseException:
            self._restore()
            raise

    def _redo(self, loop: Loop, last: int) -> None:
        """Repeat the steps of the epoch up to and including step `last`."""
        self._restore()
        try:
            loop.epoch(self._order[: (last - self._step) * loop.size])
        except StepFailed as failed:
            error = failed.error
        else:
            return
        raise error

    def _restore(self) -> None:
        """Put parameters, the optimizer's slots and the step counter back."""
        self._state.step = self._step
        put_back(self._values, self._session.changing, self._backend)

    def _update_run(self) -> None:
        step = self._state.step
        self._run.record(step=step, step_of_epoch=step - self._step)
