"""The session: a model's state between calls of fit, evaluate and predict."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

from chainrule.data.batches import Shapes
from chainrule.errors import BackendError, GraphError
from chainrule.execution.cache import PROGRAM_BYTES, PROGRAMS, Cache
from chainrule.execution.fastest import fastest_known
from chainrule.execution.opening import generation, is_auto, open_backend
from chainrule.kinds.backend import Backend, Executable
from chainrule.kinds.optimizer import Optimizer
from chainrule.node import Parameter
from chainrule.program import Program
from chainrule.program.program import FloatDtype
from chainrule.training.criteria import Criteria
from chainrule.training.examples import Examples
from chainrule.training.network import Network
from chainrule.training.objective import Objective, Target
from chainrule.training.state import TrainingState
from chainrule.training.step import Step

GRAPH_BYTES = 64 << 20
"""How many bytes the graphs of the objectives of a model have at most, and how many
those of its steps."""
IN_TURN = 4
"""How many programs a run uses in turn, which stay: it trains on and measures whole
batches and the last, smaller one."""


class Session:
    """The compiled programs of a network, and the state of its optimizer.

    Programs are cached by what they compute, shapes and backend, so a second call
    compiles nothing.

    Attributes:
        network: the model's graph.
        criteria: those of the last fit, or None.
        state: what the optimizer remembers, or None before the first fit.
        lock: held while a cached program predicts or measures, because each has one
            set of buffers.
        program: the training step compiled or used last, or None.
        fitting_on: the backend of a fit that is in progress, or None.
        fastest: the backend that the last fit with ``"auto"`` chose, or None.
        timed_as: the class of the steps that it timed, or None.
        cannot: by the class of steps, the devices that cannot do them, and why.
        touched: whether anything but its steps changed parameters in this epoch.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.criteria: Criteria | None = None
        self.state: TrainingState | None = None
        self.lock = RLock()
        self.program: Executable | None = None
        self.fitting_on: Backend | None = None
        self.fastest: Backend | None = None
        self.timed_as: str | None = None
        self.cannot: dict[str, dict[str, str]] = {}
        self.touched = False
        self._objectives: Cache[Objective] = Cache(limit=8, nbytes=GRAPH_BYTES)
        self._steps: Cache[Step] = Cache(limit=8, nbytes=GRAPH_BYTES)
        self._programs: Cache[Executable] = Cache(
            limit=PROGRAMS, nbytes=PROGRAM_BYTES, stay=IN_TURN
        )

    @property
    def changing(self) -> list[Parameter]:
        """Everything that training changes."""
        assert self.state is not None
        averages = [p for p in self.network.parameters.values() if not p.trainable]
        return [*self.state.parameters, *averages]

    def open(self, backend: str | Backend | None) -> Backend:
        """Return the backend to predict or measure on; for ``"auto"`` the fastest one.

        Raises:
            BackendError: there is no such device, or it cannot be used.
        """
        if not is_auto(backend):
            return open_backend(backend)
        if self.fastest is None and self.timed_as is not None:  # a copy, or loaded
            self.fastest = fastest_known(self.timed_as)
        return open_backend(backend if self.fastest is None else self.fastest)

    def pull(self) -> None:
        """Bring parameters that a fit in progress has changed to the host."""
        if self.fitting_on is not None:
            self.fitting_on.pull(self.changing)

    def refresh(self) -> None:
        """Bring parameters that the host has changed to a fit in progress."""
        self.touched = True
        if self.fitting_on is not None:
            self.fitting_on.push(self.changing)

    @contextmanager
    def using(self, backend: Backend) -> Iterator[None]:
        """Reserve the cached programs, on a backend that has the current parameters."""
        with self.lock:
            try:
                if backend is not self.fitting_on:  # which has newer ones than the host
                    self.pull()
                    backend.push(list(self.network.parameters.values()))
                yield
            except BackendError:
                self.forget()
                raise

    def forget(self, *, but: Backend | None = None) -> None:
        """Drop all compiled programs, except those of a backend; free their memory."""
        self._programs.drop(lambda key: but is None or but not in key)
        self.program = None

    def objective(self, criteria: Criteria, examples: Examples) -> Objective:
        """Return the graph of the criteria, for examples like these."""
        kinds = tuple(
            Target.of(target, centred=any(one.shift_invariant for one in metrics))
            for target, metrics in zip(examples.targets, criteria.metrics, strict=True)
        )
        weighted = tuple(weight is not None for weight in examples.weights)
        return self._objectives.get(
            (criteria.key, kinds, weighted, self.network.frozenness),
            lambda: Objective(self.network, criteria, kinds, weighted),
        )

    @property
    def dtype(self) -> FloatDtype:
        """The dtype of floats: that of training, float32 before."""
        return "float32" if self.state is None else self.state.dtype

    def prepare(
        self, optimizer: Optimizer, dtype: FloatDtype = "float32"
    ) -> TrainingState:
        """Return the state to train with: the present one, if it suits the optimizer.

        Raises:
            GraphError: nothing in the network can be trained.
        """
        members = self.network.trainable
        if not members:
            frozen = any(p.frozen for p in self.network.parameters.values())
            raise GraphError(
                "the model has no trainable parameter, so there is nothing to fit"
                + "; model.unfreeze() makes those trainable that were frozen" * frozen
            )
        if self.state is None or not self.state.suits(optimizer):
            self.state = TrainingState(members, optimizer, dtype)
            self._steps.clear()
        elif self.state.flat.members != tuple(members) or self.state.dtype != dtype:
            self.state = self.state.adapted(members, dtype)
            self._steps.clear()
        elif not self.state.is_whole():
            self.state.gather()
            self._steps.clear()
        self.state.optimizer = optimizer
        for parameter in self.network.parameters.values():  # running averages
            if parameter.value.dtype != dtype:
                parameter.value = parameter.value.astype(dtype)
        return self.state

    def step(self, objective: Objective, state: TrainingState) -> Step:
        """Return the training step of an objective with the current state."""
        return self._steps.get(
            objective, lambda: Step(objective, state, self.network.weights)
        )

    def predictor(self, shapes: Shapes, backend: Backend) -> Executable:
        """Return the compiled program that predicts."""
        return self._programs.get(
            ("predict", shapes, self.dtype, backend, generation(backend)),
            lambda: backend.compile(
                Program(
                    outputs=self.network.outputs,
                    shapes=dict(shapes),
                    dtype=self.dtype,
                )
            ),
        )

    def evaluator(
        self, objective: Objective, shapes: Shapes, backend: Backend
    ) -> Executable:
        """Return the compiled program that measures an objective."""
        return self._programs.get(
            (objective, shapes, self.dtype, backend, generation(backend)),
            lambda: backend.compile(
                Program(
                    totals=objective.totals,
                    shapes=dict(shapes),
                    trusted=objective.trusted,
                    dtype=self.dtype,
                )
            ),
        )

    def stepper(
        self, step: Step, shapes: Shapes, backend: Backend, *, checked: bool = False
    ) -> Executable:
        """Return the compiled program of a training step."""
        self.program = self._programs.get(
            (step, shapes, backend, generation(backend), checked),
            lambda: backend.compile(step.program(shapes, checked=checked)),
        )
        return self.program
