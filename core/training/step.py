"""A training step as a program: forward, backward, update, constraints."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.autodiff import grad
from chainrule.data.batches import Shapes
from chainrule.errors import ComponentError
from chainrule.kinds.regularizer import Regularizer
from chainrule.node import Node, Parameter, describe, described
from chainrule.program import LEARNING_RATE, STEP, Program
from chainrule.program.phase import Assignment
from chainrule.program.sizes import graph_bytes
from chainrule.scopes import scope
from chainrule.training.objective import Objective
from chainrule.training.state import TrainingState


class Step:
    """The phases of a training step, from which programs of any batch size are made.

    First all gradients are written to one vector; then the optimizer's rule updates the
    flat vectors; then constraints act on each weight matrix. What has to happen between
    two phases, such as summing the gradients of several machines, has its place there.

    Raises:
        GradientError: the loss does not depend on some trainable parameter.
        ComponentError: the optimizer does not return a new value for each slot.
    """

    def __init__(
        self,
        objective: Objective,
        state: TrainingState,
        weights: Sequence[Parameter],
    ) -> None:
        self._objective = objective
        self._dtype = state.dtype
        gradients = grad(objective.loss, state.flat.members)
        self._phases: list[list[Assignment]] = [
            [(state.gradient, state.flat.pack(gradients))],
            updates(state),
            _constraints(objective.criteria.regularizers, weights),
        ]

    @property
    def nbytes(self) -> int:
        """About how many bytes its graph has."""
        return graph_bytes([node for phase in self._phases for _, node in phase])

    def program(self, shapes: Shapes, *, checked: bool = False) -> Program:
        """Return the program of a step on a batch of these shapes.

        A checked program stops at the first node whose value is not finite.
        """
        return Program(
            totals=self._objective.totals,
            phases=[phase for phase in self._phases if phase],
            shapes=dict(shapes),
            training=True,
            checked=checked,
            trusted=self._objective.trusted,
            dtype=self._dtype,
        )


def updates(state: TrainingState) -> list[Assignment]:
    """Return the new values of the flat parameters and of each slot.

    Raises:
        ComponentError: the optimizer does not return a new value for each slot.
    """
    optimizer = state.optimizer
    with scope(optimizer.type_name):
        new = optimizer.new_values(
            state.flat, state.gradient, LEARNING_RATE, STEP, state.slots
        )
    slots = [(slot, new[name]) for name, slot in state.slots.items()]
    return [(state.flat, new["p"]), *slots]


def _constraints(
    regularizers: Sequence[Regularizer], weights: Sequence[Parameter]
) -> list[Assignment]:
    assignments: list[Assignment] = []
    for weight in weights:
        value: Node = weight
        for regularizer in regularizers:
            constrained = regularizer.constrain(value)
            if constrained is not None:
                value = _like(weight, constrained, regularizer)
        if value is not weight:
            assignments.append((weight, value))
    return assignments


def _like(weight: Parameter, value: object, regularizer: Regularizer) -> Node:
    """Return what a regularizer puts in the place of a weight.

    Raises:
        ComponentError: it is not a node of the weight's shape.
    """
    if isinstance(value, Node) and value.shape == weight.shape:
        return value
    raise ComponentError(
        f"{type(regularizer).__name__}.constrain must return a node of the shape of "
        f"{describe(weight)}, got {described(value)}"
    )
