"""Fit: everything between the user's data and a trained network."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.data.arrays import Array
from chainrule.data.batches import Feeds, batch_shapes
from chainrule.errors import BackendError, ExecutionError
from chainrule.kinds.backend import Executable
from chainrule.kinds.callback import Callback
from chainrule.kinds.regularizer import Regularizer
from chainrule.philox import generator
from chainrule.training.examples import Examples
from chainrule.training.history import History
from chainrule.training.inference import measure
from chainrule.training.interrupt import interruptible
from chainrule.training.loop import Loop, all_finite
from chainrule.training.objective import Objective
from chainrule.training.options import Request
from chainrule.training.profiling import profiling
from chainrule.training.recovery import EpochStart
from chainrule.training.run import Run
from chainrule.training.session import Session
from chainrule.training.state import Backup


def fit(model: Any, session: Session, request: Request) -> History:
    """Train, and return the history.

    Raises:
        DivergenceError: a loss or parameter became NaN or infinite; the parameters are
            those of the last finite epoch.
        KeyboardInterrupt: Ctrl-C was pressed; the step was finished, and everything
            that ends a training was done.
    """
    training = _Fit(model, session, request)
    with profiling(training.run.history, request):
        return training.run_epochs()


class _Fit:
    """One training, from the first epoch to the last."""

    def __init__(self, model: Any, session: Session, request: Request) -> None:
        self.session = session
        self.request = request
        self.backend = request.backend
        self.objective = self._objective(request.examples)
        self.validation: tuple[Objective, Feeds] | None = None
        if request.validation is not None:
            objective = self._objective(request.validation)
            self.validation = objective, request.validation.feeds(objective)
        self.state = session.prepare(request.optimizer)
        self.step = session.step(self.objective, self.state)
        rows = len(request.examples)
        size = rows if request.optimizer.full_batch else min(request.batch_size, rows)
        self.run = Run(
            model=model,
            history=_history(request.callbacks),
            last_epoch=self.state.epoch + request.epochs,
            steps_per_epoch=-(-rows // size),
            epoch=self.state.epoch,
            step=self.state.step,
            lr=request.optimizer.lr,
        )
        self.loop = Loop(
            self.run,
            self.state,
            request.examples.feeds(self.objective),
            size,
            request.seed,
            request.schedule,
            [
                callback.step_end
                for callback in request.callbacks
                if type(callback).step_end is not Callback.step_end
            ],
        )
        self.best: dict[Regularizer, Backup] = {}

    def run_epochs(self) -> History:
        """Do all epochs, unless something stops them; then tidy up."""
        run, history = self.run, self.run.history
        history.interrupted = False
        names = self.objective.names
        history.expect(names)
        if self.validation is not None:
            history.expect([f"val_{name}" for name in names])
        for regularizer in self.request.criteria.regularizers:
            regularizer.watch(history)
        self.session.criteria = self.request.criteria
        run.model.history = history
        self.backend.push(self.session.changing)
        self.session.fitting_on = self.backend
        try:
            self._tell("begin")
            with interruptible(run):
                while not run.stopping and run.epoch < run.last_epoch:
                    self._epoch()
        except KeyboardInterrupt:
            history.interrupted = True
            raise
        finally:
            self._finish()
        if history.interrupted:
            raise KeyboardInterrupt
        return history

    def _epoch(self) -> None:
        run, state = self.run, self.state
        run.epoch, run.step_of_epoch = state.epoch + 1, 0
        self._tell("epoch_begin")
        order = self._order()
        start = EpochStart(self.loop, order, self.session, self.backend)
        try:
            totals = self.loop.epoch(order, self._program)
            self.backend.pull(self.session.changing)
        except (BackendError, ExecutionError) as error:
            where = self._go_back(start, error)
            raise type(error)(f"in epoch {run.epoch}: {error}; {where}") from error
        except BaseException as error:
            reached = state.step
            where = self._go_back(start, error)
            if state.step < reached:
                error.add_note(where)
            raise
        run.step = state.step
        if not all_finite(totals, state):
            raise start.divergence(self._checked_program)
        if state.step - start.step < run.steps_per_epoch:
            return  # stopped in its middle: it has no numbers
        numbers = self.objective.measured(totals, len(order))
        if self.validation is not None:
            measured = measure(self.session, *self.validation, self.backend)
            numbers |= {f"val_{name}": value for name, value in measured.items()}
        run.history.append(numbers)
        state.epoch += 1
        self._judge()
        self._tell("epoch_end")

    def _judge(self) -> None:
        for regularizer in self.request.criteria.regularizers:
            verdict = regularizer.watch(self.run.history)
            if verdict == "stop":
                self.run.stop()
            elif verdict == "best" and regularizer.restores:
                parameters = list(self.session.network.parameters.values())
                self.best[regularizer] = Backup(parameters)

    def _go_back(self, start: EpochStart, error: BaseException) -> str:
        """Return to the last completed step; say what the parameters are then."""
        start.recover(error, self._program, self._checked_program)
        step = self.run.step = self.state.step
        whose = f"those after step {step}" if step else "those it began with"
        return f"the parameters are {'the best ones' if self.best else whose}"

    def _finish(self) -> None:
        for snapshot in list(self.best.values())[:1]:
            snapshot.restore()
        self.session.fitting_on = None
        self._tell("end")

    def _objective(self, examples: Examples) -> Objective:
        return self.session.objective(
            self.request.criteria,
            examples.targets,
            weighted=examples.weight is not None,
        )

    def _program(self, rows: int) -> Executable:
        shapes = batch_shapes(self.loop.feeds, rows)
        return self.session.stepper(self.step, shapes, self.backend)

    def _checked_program(self, rows: int) -> Executable:
        shapes = batch_shapes(self.loop.feeds, rows)
        return self.session.stepper(self.step, shapes, self.backend, checked=True)

    def _order(self) -> Array:
        rows = len(self.request.examples)
        if not self.request.shuffle or self.loop.size == rows:
            return np.arange(rows)
        seed, epoch = self.request.seed, self.run.epoch
        return generator(seed, "shuffle", epoch).permutation(rows)

    def _tell(self, event: str) -> None:
        for callback in self.request.callbacks:
            getattr(callback, event)(self.run)


def _history(callbacks: list[Callback]) -> History:
    """Return the history to fill: one given as a callback, or a new one."""
    given = [callback for callback in callbacks if isinstance(callback, History)]
    return given[0] if given else History()
