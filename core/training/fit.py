"""Fit: everything between a user's options and a trained network."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any, get_args

import numpy as np

from chainrule.annotations import words_for
from chainrule.data.arrays import Array
from chainrule.data.batches import Feeds, batch_shapes
from chainrule.errors import (
    BackendError,
    ComponentError,
    ExecutionError,
    GraphError,
    shown,
)
from chainrule.interrupts import Interrupted, interruptible
from chainrule.kinds.backend import Backend, Executable
from chainrule.kinds.callback import Callback, Run
from chainrule.kinds.regularizer import Regularizer, Verdict
from chainrule.philox import generator
from chainrule.registry.blame import naming_plugins
from chainrule.training.choosing import choose_device, class_of_steps
from chainrule.training.examples import Examples
from chainrule.training.history import History
from chainrule.training.inference import BATCH_SIZE, measure
from chainrule.training.loop import Loop, StepFailed, Totals, all_finite
from chainrule.training.objective import Objective
from chainrule.training.options import Setup
from chainrule.training.profiling import profiling
from chainrule.training.recovery import EpochStart
from chainrule.training.session import Session
from chainrule.training.state import Backup


def fit(model: Any, session: Session, setup: Setup) -> History:
    """Train a network, and return the history.

    Args:
        model: the model that callbacks see.
        session: its network, and what it keeps between calls.
        setup: what to do, and with which data.

    Raises:
        DivergenceError: a loss or parameter became NaN or infinite; the parameters are
            those after the last finite epoch.
        KeyboardInterrupt: Ctrl-C was pressed; the step was completed, and everything
            that ends a training run was done.
    """
    with naming_plugins():
        one = _Fit(model, session, setup)
    options, backend = setup.options, one.backend
    alike = backend.deterministic() if options.deterministic else nullcontext()
    timed = profiling(one.history, backend, options.profile)
    with timed, alike, naming_plugins(one.place):
        return one.epochs()


class _Fit:
    """One call of `fit`, from the first epoch to the last."""

    def __init__(self, model: Any, session: Session, setup: Setup) -> None:
        self.session = session
        self.setup = setup
        self.backend = setup.backend
        self.objective = self._objective(setup.examples)
        self.validation: tuple[Objective, Feeds] | None = None
        if setup.validation is not None:
            objective = self._objective(setup.validation)
            self.validation = objective, setup.validation.feeds(objective)
        self.better = self.objective.better
        if self.validation is not None:
            self.better |= {f"val_{name}": d for name, d in self.better.items()}
        self.state = session.prepare(setup.optimizer, setup.options.dtype)
        self.step = session.step(self.objective, self.state)
        self.frozenness = session.network.frozenness
        self.history = _history(setup.callbacks)
        self.run = Run(
            model=model,
            history=self.history,
            last_epoch=self.state.epoch + setup.options.epochs,
            steps_per_epoch=-(-len(setup.examples) // setup.batch_size),
            epoch=self.state.epoch,
            step=self.state.step,
            lr=setup.optimizer.lr * self.state.lr_scale,
            lr_scale=self.state.lr_scale,
            better=self.better,
        )
        watching = [one for one in setup.callbacks if one.watches_steps]
        self.loop = Loop(
            run=self.run,
            state=self.state,
            feeds=setup.examples.feeds(self.objective),
            size=setup.batch_size,
            seed=setup.options.seed,
            schedule=setup.schedule,
            programs=self._program,
            hooks=[callback.step_end for callback in watching],
            every_step=any(callback.every_step for callback in watching),
        )
        compares = self.objective.compares_examples  # or any number gives the same
        self.measured_together = self.loop.size if compares else BATCH_SIZE
        self.begun_with = Backup()
        self.best: dict[Regularizer, tuple[int, Backup]] = {}
        self.best_before: dict[Regularizer, Backup] = {}
        if setup.chooses:
            self._choose_backend()

    def _choose_backend(self) -> None:
        """Go on with the backend on which the steps are fastest."""

        def use(backend: Backend) -> None:
            self.backend = backend

        session, kind = self.session, class_of_steps(self.loop, self.step.nbytes)
        chosen = choose_device(kind, self.loop, session, use)
        self.backend = chosen.backend if chosen else self.setup.backend
        session.fastest, session.timed_as = self.backend, kind
        self.run.record(backend=chosen.name if chosen else "numpy")

    def epochs(self) -> History:
        """Do all epochs, unless something stops them; then tidy up."""
        run, history = self.run, self.history
        history.interrupted = history.stopped = False
        history.restored = None
        history.expect(list(self.better))
        for regularizer in self.setup.criteria.regularizers:
            regularizer.watch(history, self.better)
        self.session.criteria = self.setup.criteria
        run.model.history = history
        self.backend.push(self.session.changing)
        self.session.fitting_on = self.backend
        try:
            self._tell("begin")
            with interruptible(self._interrupt) as signals:
                while not run.stopping and run.epoch < run.last_epoch:
                    self._epoch()
        except BaseException as error:
            history.interrupted |= isinstance(error, KeyboardInterrupt)
            self._finish(error)
            raise
        self._finish()
        if signals.first:
            raise Interrupted(signals.first)
        history.stopped = run.stopping
        return history

    def _interrupt(self) -> None:
        """End the run after its current step."""
        self.history.interrupted = True
        self.run.stop()

    def _epoch(self) -> None:
        run, state = self.run, self.state
        run.record(epoch=state.epoch + 1, step_of_epoch=0)
        self._tell("epoch_begin")
        if self.session.network.frozenness != self.frozenness:
            raise GraphError(
                f"a parameter was frozen or unfrozen before epoch {run.epoch}, but a "
                "training run goes on with what it began with; end it with run.stop(), "
                "and call fit again, which continues"
            )
        order, first = self._order(), state.step
        start = EpochStart(
            self.loop,
            order,
            self._checked_program,
            self.session,
            self.backend,
            self.begun_with,
        )
        totals = self._steps(order, start)
        if not all_finite(totals, state):
            raise start.diverged()
        if state.step - first < run.steps_per_epoch:
            return  # stopped before its end: it has no numbers
        numbers = self.objective.measured(totals, len(order))
        if self.validation is not None:
            measured = measure(
                self.session, *self.validation, self.backend, self.measured_together
            )
            numbers |= {f"val_{name}": value for name, value in measured.items()}
        self.history.append(numbers)
        self.history.rates.append(run.lr)
        state.epoch += 1
        self._judge()
        self._tell("epoch_end")
        state.lr_scale = run.lr_scale

    def _steps(self, order: Array, start: EpochStart) -> Totals:
        """Do the steps of an epoch; recover from what ends them early, and raise it."""
        try:
            totals = self.loop.epoch(order)
            self.backend.pull(self.session.changing)
            return totals
        except BaseException as error:
            failed = (
                error
                if isinstance(error, StepFailed)
                else StepFailed(error, self.state.step, torn=True)
            )
            start.recover(failed)
            reason = self._explained(failed)
        raise reason  # out here, where StepFailed is not its context

    def _explained(self, failed: StepFailed) -> BaseException:
        """Return the error to raise, which says what the parameters are now."""
        error, step = failed.error, self.state.step
        whose = f"those after step {step}" if step else "those it began with"
        where = f"the parameters are {'the best ones' if self.best else whose}"
        if isinstance(error, (BackendError, ExecutionError)):
            told = type(error)(f"in epoch {self.run.epoch}: {error}; {where}")
            told.__cause__ = error
            return told
        if step < failed.step:
            error.add_note(where)
        return error

    def _judge(self) -> None:
        """Let the regularizers that watch the history stop, or note the best epoch."""
        for regularizer in self.setup.criteria.regularizers:
            verdict = regularizer.watch(self.history, self.better)
            if verdict not in get_args(Verdict):
                raise ComponentError(
                    f"{type(regularizer).__name__}.watch must return "
                    f"{words_for(Verdict)}, got {shown(verdict)}"
                )
            if verdict in ("stop", "stop at best"):
                self.run.stop()
            if verdict in ("best", "stop at best") and regularizer.restores:
                self._keep(regularizer)

    def _keep(self, regularizer: Regularizer) -> None:
        """Copy the parameters of the best epoch, in the memory of the one before last.

        So an interrupt leaves those of the last one whole.
        """
        copies = self.best_before.pop(regularizer, None) or Backup()
        parameters = list(self.session.network.parameters.values())
        copies.take(parameters, self.backend.copy_all)
        if regularizer in self.best:
            _, self.best_before[regularizer] = self.best[regularizer]
        self.best[regularizer] = self.history.epochs, copies

    def _finish(self, failure: BaseException | None = None) -> None:
        """Tidy up; what callbacks raise then does not cover what ended the run."""
        for epoch, backup in list(self.best.values())[:1]:
            backup.restore()
            self.history.restored = epoch
        self.begun_with.take([])  # now: the loop and this object refer to each other
        self.best.clear()
        self.best_before.clear()
        self.session.fitting_on = None
        first = failure
        for callback in self.setup.callbacks:
            try:
                callback.end(self.run)
            except Exception as error:
                if first is None:
                    first = error
                    continue
                said = f"{type(error).__name__}: {error}"
                first.add_note(f"{type(callback).__name__}.end failed, too: {said}")
        if failure is None and first is not None:
            raise first

    def place(self) -> str:
        """Say how far it has come."""
        return f"in epoch {self.run.epoch}, after step {self.run.step}"

    def _objective(self, examples: Examples) -> Objective:
        return self.session.objective(self.setup.criteria, examples)

    def _program(self, rows: int, *, checked: bool = False) -> Executable:
        shapes = batch_shapes(self.loop.feeds, rows)
        return self.session.stepper(self.step, shapes, self.backend, checked=checked)

    def _checked_program(self, rows: int) -> Executable:
        return self._program(rows, checked=True)

    def _order(self) -> Array:
        """Return the rows in the order in which this epoch takes them."""
        rows, options = len(self.setup.examples), self.setup.options
        if not options.shuffle or self.loop.size == rows:
            return np.arange(rows)
        return generator(options.seed, "shuffle", self.run.epoch).permutation(rows)

    def _tell(self, event: str) -> None:
        for callback in self.setup.callbacks:
            getattr(callback, event)(self.run)


def _history(callbacks: Sequence[Callback]) -> History:
    """Return the history to fill: one given as a callback, or a new one."""
    given = [callback for callback in callbacks if isinstance(callback, History)]
    return given[0] if given else History()
