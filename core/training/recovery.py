"""The way back: what is left of an epoch that cannot be finished."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from chainrule.data.arrays import Array
from chainrule.errors import (
    BackendError,
    ChainRuleError,
    DivergenceError,
    ExecutionError,
)
from chainrule.kinds.backend import Backend, Executable
from chainrule.training.loop import Loop
from chainrule.training.run import Run
from chainrule.training.session import Session
from chainrule.training.state import Backup

Programs = Callable[[int], Executable]
"""Size of a batch → the compiled step."""


class EpochStart:
    """Where an epoch began, so that it can be done once more up to some step.

    Steps are functions of parameters, data, seed and step number: done again, they
    give the same bytes. So a step costs nothing for being recoverable.
    """

    def __init__(
        self, loop: Loop, order: Array, session: Session, backend: Backend
    ) -> None:
        self.step = loop.state.step
        self._loop = loop
        self._order = order
        self._session = session
        self._backend = backend
        self._values = Backup(session.changing)
        session.touched = False

    def restore(self) -> None:
        """Put parameters, the optimizer's slots and the step counters back."""
        self._values.restore()
        run = self._loop.run
        self._loop.state.step = run.step = self.step
        run.step_of_epoch = 0
        with suppress(BackendError):  # the host is what counts: the next fit pushes
            self._backend.push(self._session.changing)
            self._backend.pull(self._session.changing)  # so that none counts as newer

    def redo(self, programs: Programs, last: int | None = None) -> None:
        """Do the epoch once more, up to and including step `last`."""

        def enough(run: Run) -> None:
            if run.step == last:
                run.stop()

        self.restore()
        self._loop.hooks = [enough]
        self._loop.run.stopping = last == self.step
        self._loop.epoch(self._order, programs)

    def recover(self, error: BaseException, plain: Programs, checked: Programs) -> None:
        """Bring the parameters of the last step that was completed to the host.

        If no step is half done, that is what the device has. Otherwise the steps
        before it are done once more; and if the device cannot do that, or a callback
        set weights between them, the parameters are those that the epoch began with.
        The step counter always fits them.

        Args:
            error: why the epoch cannot be finished.
            plain: compiles a step.
            checked: compiles a step that waits for the device and looks for faults.
        """
        if isinstance(error, BackendError):
            self._session.forget()
        if not (self._loop.torn or self._is_lost()):
            return
        try:
            if isinstance(error, Exception) and not self._session.touched:
                self._repeat(plain, checked)
            else:  # whoever presses Ctrl-C twice will not wait
                self.restore()
        except ChainRuleError:
            self.restore()
        except BaseException:
            self.restore()
            raise

    def _is_lost(self) -> bool:
        """Whether the device does not even give the parameters back."""
        try:
            self._backend.pull(self._session.changing)
        except BackendError:
            self._session.forget()
            return True
        return False

    def _repeat(self, plain: Programs, checked: Programs) -> None:
        state = self._loop.state
        last = state.step
        if self._loop.late:  # find the step that failed
            with suppress(ExecutionError, DivergenceError):
                self.redo(checked, last)
            last = state.step
        self.redo(plain, last)
        self._backend.pull(self._session.changing)

    def divergence(self, checked: Programs) -> DivergenceError:
        """Return the error of an epoch that ended with NaN, and go back to its begin.

        It is done once more, and this time every node is looked at.
        """
        what, step = "the loss or a parameter is not finite", ""
        try:
            self.redo(checked)
        except DivergenceError as error:
            what, step = str(error), f", step {self._loop.state.step + 1}"
        except BackendError:
            pass  # no room for a second program, say: then the node stays unknown
        finally:
            self.restore()
        return DivergenceError(
            f"training diverged in epoch {self._loop.run.epoch}{step}: {what}; take a "
            "lower learning rate, or clip gradients with clip_norm=1.0"
        )
