"""The state of training: what an optimizer remembers, and backups of parameters."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from itertools import pairwise

import numpy as np

from chainrule.data.arrays import Array
from chainrule.kinds.backend import Backend
from chainrule.kinds.optimizer import Optimizer
from chainrule.node import Parameter
from chainrule.program import Flat
from chainrule.program.copying import Copies, copy_in_turn
from chainrule.program.flat import aligned
from chainrule.program.program import FloatDtype
from chainrule.training.fingerprint import fingerprint


class TrainingState:
    """The flat vectors that training updates, and how far it has come.

    Training continues from this state if the optimizer is of the same class and has the
    same hyperparameters, the learning rate aside; another optimizer starts from zero.
    A parameter that is frozen loses its slots; they start anew when it is unfrozen.

    Attributes:
        optimizer: the optimizer that uses this state.
        dtype: the NumPy dtype of all floats.
        flat: all trainable parameters in one vector.
        gradient: their gradients, laid out in the same way.
        slots: the optimizer's vectors and numbers, by name.
        step: the number of steps completed.
        epoch: the number of epochs completed.
        lr_scale: what callbacks have multiplied the learning rate by.
    """

    def __init__(
        self,
        members: Sequence[Parameter],
        optimizer: Optimizer,
        dtype: FloatDtype = "float32",
    ) -> None:
        self.optimizer = optimizer
        self.dtype: FloatDtype = dtype
        self.flat = Flat("parameters", members, dtype)
        self._views = [member.value for member in members]
        size = self.flat.value.size
        self.gradient = _vector("gradient", size, dtype)
        self.slots = {
            slot: _vector(slot, size, dtype, optimizer.slot_start(slot))
            for slot in optimizer.slots
        } | {
            slot: Parameter(slot, np.dtype(dtype).type(optimizer.slot_start(slot)))
            for slot in optimizer.scalar_slots
        }
        self.step = 0
        self.epoch = 0
        self.lr_scale = 1.0

    @property
    def parameters(self) -> list[Parameter]:
        """Everything that a step updates, except running averages."""
        return [self.flat, *self.slots.values()]

    @property
    def slices(self) -> dict[Parameter, slice]:
        """For each parameter, its place in the flat vectors."""
        bounds = pairwise(self.flat.offsets)
        return {
            member: slice(*ends)
            for member, ends in zip(self.flat.members, bounds, strict=True)
        }

    def suits(self, optimizer: Optimizer) -> bool:
        """Return whether this optimizer may continue with this state."""
        return _identity(self.optimizer) == _identity(optimizer)

    def adapted(self, members: Sequence[Parameter], dtype: FloatDtype) -> TrainingState:
        """Return the state for other parameters or another dtype, as far as it goes."""
        other = TrainingState(members, self.optimizer, dtype)
        places = self.slices
        for name, slot in other.slots.items():
            old = self.slots[name].value
            if slot.ndim == 0:
                slot.value[...] = old
                continue
            for member, place in other.slices.items():
                if member in places:
                    slot.value[place] = old[places[member]]
        other.step, other.epoch = self.step, self.epoch
        other.lr_scale = self.lr_scale
        return other

    def is_whole(self) -> bool:
        """Return whether the parameters' values are still views of the flat vector."""
        return all(
            member.value is view
            for member, view in zip(self.flat.members, self._views, strict=True)
        )

    def gather(self) -> None:
        """Copy parameters whose values were replaced into one vector again."""
        self.flat = Flat("parameters", self.flat.members, self.dtype)
        self._views = [member.value for member in self.flat.members]


class Backup:
    """Copies of some parameters' values, to return to.

    New copies take the memory of those before them: pages that the system gives out
    cost more time than what is copied into them.
    """

    def __init__(self, parameters: Sequence[Parameter] = ()) -> None:
        self._copies: dict[Parameter, Array] = {}
        self.take(parameters)

    def take(
        self,
        parameters: Sequence[Parameter],
        copy_all: Callable[[Copies], None] = copy_in_turn,
    ) -> None:
        """Copy values, and drop those that were copied before."""
        before = self._copies
        self._copies = {p: _memory(p.value, before.get(p)) for p in parameters}
        copy_all((copy, p.value) for p, copy in self._copies.items())

    def restore(self) -> None:
        """Put the values back."""
        for parameter, value in self._copies.items():
            np.copyto(parameter.value, value)


def put_back(values: Backup, parameters: Sequence[Parameter], backend: Backend) -> None:
    """Put parameters' values back, on the host and on a backend.

    What the backend may still be at work on comes to its end first, and does not count
    as newer. If it fails, the host is what counts: the next run pushes.
    """
    try:
        with suppress(Exception):
            backend.pull(parameters)
    finally:
        values.restore()
    with suppress(Exception):
        backend.push(parameters)
        backend.pull(parameters)


def _memory(value: Array, before: Array | None) -> Array:
    """Return memory for a copy of a value: that from before, if it fits."""
    if before is None or before.dtype != value.dtype:
        return np.empty(value.shape, value.dtype)
    return before


def _identity(optimizer: Optimizer) -> Hashable:
    """Return a key, equal for optimizers that may continue each other's state."""
    return fingerprint(optimizer, without="lr")


def _vector(name: str, size: int, dtype: str, start: float = 0.0) -> Parameter:
    parameter = Parameter(name, np.zeros(size, dtype))
    parameter.value = aligned(size, np.dtype(dtype))
    parameter.value[:] = start
    return parameter
