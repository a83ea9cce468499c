"""What a model keeps between calls of fit, evaluate and predict."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence

from chainrule.errors import GraphError
from chainrule.kinds.backend import Backend, Executable
from chainrule.kinds.optimizer import Optimizer
from chainrule.program import Program
from chainrule.training.data import Array
from chainrule.training.goal import Goal
from chainrule.training.network import Network
from chainrule.training.objective import Objective
from chainrule.training.state import TrainingState
from chainrule.training.step import Step

KEPT = 32
"""How many compiled programs a model keeps; the least recently used goes first."""


class Trainer:
    """The compiled programs of a network, and the state of its optimizer.

    Programs are kept by what they compute, batch size and backend, so a second call
    compiles nothing.

    Attributes:
        network: the model's graph.
        goal: what the last fit was asked for, or None.
        state: what the optimizer remembers, or None before the first fit.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.goal: Goal | None = None
        self.state: TrainingState | None = None
        self._objectives: dict[Hashable, Objective] = {}
        self._steps: dict[Objective, Step] = {}
        self._programs: OrderedDict[Hashable, Executable] = OrderedDict()

    def objective(
        self, goal: Goal, targets: Sequence[Array], *, weighted: bool
    ) -> Objective:
        """Return the graph of a goal, for targets of these shapes."""
        shapes = tuple((None, *target.shape[1:]) for target in targets)
        key = goal.key, shapes, weighted
        if key not in self._objectives:
            self._objectives[key] = Objective(
                self.network,
                goal.losses,
                goal.metrics,
                goal.regularizers,
                shapes,
                weighted=weighted,
            )
        return self._objectives[key]

    def predictor(self, rows: int, backend: Backend) -> Executable:
        """Return the program that computes predictions for this many rows."""
        network = self.network
        return self._compiled(
            backend,
            ("predict", rows),
            lambda: Program(
                outputs=network.outputs,
                shapes={leaf: (rows, *leaf.shape[1:]) for leaf in network.inputs},
            ),
        )

    def evaluator(
        self, objective: Objective, rows: int, backend: Backend
    ) -> Executable:
        """Return the program that measures an objective on this many rows."""
        return self._compiled(
            backend,
            (objective, rows),
            lambda: Program(
                totals=objective.totals,
                shapes=objective.shapes(rows),
                trusted=objective.trusted,
            ),
        )

    def stepper(
        self, step: Step, rows: int, backend: Backend, *, checked: bool = False
    ) -> Executable:
        """Return the program of one training step on this many rows."""
        return self._compiled(
            backend, (step, rows, checked), lambda: step.program(rows, checked=checked)
        )

    def prepare(self, optimizer: Optimizer) -> TrainingState:
        """Return the state to train with: the one there is, if it fits.

        Raises:
            GraphError: nothing in the network can be trained.
        """
        members = self.network.trainable
        if not members:
            raise GraphError("the model has no trainable parameter, so nothing to fit")
        if self.state is None or not self.state.belongs_to(members, optimizer):
            self.state = TrainingState(members, optimizer)
            self._steps.clear()
        elif not self.state.is_whole():
            self.state.gather()
            self._steps.clear()
        self.state.optimizer = optimizer
        return self.state

    def step(self, objective: Objective, goal: Goal) -> Step:
        """Return the training step of an objective with the current state."""
        assert self.state is not None
        if objective not in self._steps:
            self._steps[objective] = Step(
                objective, self.state, goal.regularizers, self.network.kernels
            )
        return self._steps[objective]

    def _compiled(
        self, backend: Backend, what: Hashable, make: Callable[[], Program]
    ) -> Executable:
        key = backend, what
        if key not in self._programs:
            self._programs[key] = backend.compile(make())
            if len(self._programs) > KEPT:
                self._programs.popitem(last=False)
        self._programs.move_to_end(key)
        return self._programs[key]
