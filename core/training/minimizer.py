"""A minimizer: steps of an optimizer on any loss, in a loop of one's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import numpy.typing as npt

from chainrule.autodiff import grad
from chainrule.data.batches import Shapes
from chainrule.data.inputs import values_for
from chainrule.errors import GraphError
from chainrule.execution import open_backend
from chainrule.execution.cache import PROGRAM_BYTES, Cache
from chainrule.execution.opening import generation
from chainrule.frozen import Frozen
from chainrule.graph import topological
from chainrule.habits import unknown_attribute
from chainrule.kinds.backend import Backend, Executable
from chainrule.kinds.optimizer import Optimizer
from chainrule.node import Input, Node, Parameter, describe
from chainrule.program import Program
from chainrule.program.phase import Assignment
from chainrule.program.program import FloatDtype
from chainrule.training.state import TrainingState
from chainrule.training.step import updates


class Minimizer(Frozen):
    """Steps of an optimizer on a loss; `Optimizer.minimize` makes one.

    A call computes the loss and its gradients, and updates the parameters::

        step = cr.optimizers.Adam(lr=0.01).minimize(J)
        for _ in range(1000):
            J_before = step({x: …, t: …})

    Attributes:
        loss: what is minimized.
        state: the flat parameters and slots, and how many steps were made.

    Raises:
        GraphError: the loss is not a scalar, or there is no parameter to change.
        GradientError: the loss does not depend on one of the parameters.
    """

    def __init__(
        self,
        loss: Node,
        optimizer: Optimizer,
        parameters: Sequence[Parameter] | None = None,
        *,
        backend: str | Backend | None = None,
        dtype: FloatDtype = "float32",
        seed: int = 0,
    ) -> None:
        if loss.shape != ():
            raise GraphError(
                f"only one number can be minimized, got {describe(loss)}; take its "
                "mean or sum, as in cr.ops.mean(loss)"
            )
        order = topological([loss])
        if parameters is None:
            found = [node for node in order if isinstance(node, Parameter)]
            parameters = [p for p in found if p.trainable]
        if not parameters:
            raise GraphError(
                f"{describe(loss)} depends on no trainable parameter, so there is "
                "nothing to change"
            )
        self.loss = loss
        self.state = TrainingState(parameters, optimizer, dtype)
        self._backend = open_backend(backend)
        self._seed = seed
        self._inputs = [node for node in order if isinstance(node, Input)]
        self._kept = [node for node in order if isinstance(node, Parameter)]
        self._phases = self._step()
        self._programs: Cache[Executable] = Cache(limit=8, nbytes=PROGRAM_BYTES)

    if not TYPE_CHECKING:  # or type checkers would accept any attribute

        def __getattr__(self, name: str) -> NoReturn:
            raise unknown_attribute(self, name, "minimizer")

    def __call__(self, feeds: Mapping[Any, npt.ArrayLike] | None = None) -> float:
        """Make a step, and return the loss before it.

        Args:
            feeds: a value for every input of the loss, by input or by name.

        Raises:
            DataError: an input has no value, or a value has the wrong shape.
        """
        if not self.state.is_whole():  # a value was replaced since the last step
            self.state.gather()
            self._phases = self._step()
            self._programs.clear()
        values = values_for(self._inputs, [self.loss], {} if feeds is None else feeds)
        shapes = tuple((leaf, value.shape) for leaf, value in values.items())
        state, backend = self.state, self._backend
        changing = [*self._kept, *state.parameters]
        executable = self._programs.get(
            (shapes, generation(backend)),
            lambda: backend.compile(self._program(shapes)),
        )
        backend.push(changing)
        for leaf, value in values.items():
            executable.put(leaf, value)
        executable.run(
            seed=self._seed, step=state.step + 1, lr=state.optimizer.lr * state.lr_scale
        )
        state.step += 1
        (loss,) = executable.take_totals()
        backend.pull(changing)
        return float(loss)

    def _step(self) -> list[list[Assignment]]:
        """Return the phases of a step: all gradients, then the optimizer's rule."""
        state = self.state
        gradients = grad(self.loss, state.flat.members)
        return [[(state.gradient, state.flat.pack(gradients))], updates(state)]

    def _program(self, shapes: Shapes) -> Program:
        return Program(
            totals=[self.loss],
            phases=self._phases,
            shapes=dict(shapes),
            training=True,
            dtype=self.state.dtype,
        )
