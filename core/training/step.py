"""One training step as a program: forward, backward, update, constraints."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.autodiff import grad
from chainrule.errors import GraphError
from chainrule.kinds.regularizer import Regularizer
from chainrule.node import Node, Parameter
from chainrule.program import LEARNING_RATE, STEP, Program
from chainrule.scopes import scope
from chainrule.training.data import Shapes
from chainrule.training.objective import Objective
from chainrule.training.state import TrainingState

Phase = list[tuple[Parameter, Node]]


class Step:
    """The phases of a training step, from which programs of any batch size are made.

    First the gradients are computed into one vector; then the optimizer's rule acts on
    the flat vectors; then constraints act on single kernels. What must come between
    two of these, such as adding up the gradients of several machines, has its place.

    Raises:
        GradientError: the loss does not reach some trainable parameter.
        GraphError: the optimizer does not return a new value for each slot.
    """

    def __init__(
        self,
        objective: Objective,
        state: TrainingState,
        kernels: Sequence[Parameter],
    ) -> None:
        self._objective = objective
        gradients = grad(objective.loss, state.flat.members)
        self._phases: list[Phase] = [
            [(state.gradient, state.flat.pack(gradients))],
            _updates(state),
            _constraints(objective.goal.regularizers, kernels),
        ]

    def program(self, shapes: Shapes, *, checked: bool = False) -> Program:
        """Return the program of a step for a batch of these shapes."""
        return Program(
            totals=self._objective.totals,
            phases=[phase for phase in self._phases if phase],
            shapes=dict(shapes),
            training=True,
            checked=checked,
            trusted=self._objective.trusted,
        )


def _updates(state: TrainingState) -> Phase:
    optimizer = state.optimizer
    with scope(optimizer.type_name):
        new = optimizer.new_values(
            state.flat, state.gradient, LEARNING_RATE, STEP, state.slots
        )
    if set(new) != {"p", *state.slots}:
        raise GraphError(
            f"{type(optimizer).__name__}.update must return new values for p"
            f"{''.join(f', {slot}' for slot in state.slots)}; it returned "
            f"{', '.join(new)}"
        )
    slots = [(slot, new[name]) for name, slot in state.slots.items()]
    return [(state.flat, new["p"]), *slots]


def _constraints(
    regularizers: Sequence[Regularizer], kernels: Sequence[Parameter]
) -> Phase:
    phase: Phase = []
    for kernel in kernels:
        value: Node = kernel
        for regularizer in regularizers:
            constrained = regularizer.constrain(value)
            value = value if constrained is None else constrained
        if value is not kernel:
            phase.append((kernel, value))
    return phase
