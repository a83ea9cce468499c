"""What an optimizer remembers, and copies of it to go back to."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from chainrule.kinds.optimizer import Optimizer
from chainrule.node import Parameter
from chainrule.program import Flat
from chainrule.program.flat import aligned
from chainrule.training.cache import fingerprint


class TrainingState:
    """The flat vectors of a training, and how far it has come.

    A training that is resumed with an optimizer of the same kind and hyperparameters
    (the learning rate aside) goes on with these; another optimizer starts anew.

    Attributes:
        flat: all trainable parameters in one vector.
        gradient: their gradients, laid out likewise.
        slots: the optimizer's vectors and numbers, by name.
        step: how many steps were done.
        epoch: how many epochs were done.
    """

    def __init__(self, members: Sequence[Parameter], optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.flat = Flat("parameters", members)
        self._views = [member.value for member in members]
        size = self.flat.value.size
        self.gradient = _vector("gradient", size)
        self.slots = {
            slot: _vector(slot, size, optimizer.slot_start(slot))
            for slot in optimizer.slots
        } | {
            slot: Parameter(slot, np.float32(optimizer.slot_start(slot)))
            for slot in optimizer.scalar_slots
        }
        self.step = 0
        self.epoch = 0

    @property
    def parameters(self) -> list[Parameter]:
        """Everything that a step changes, save running averages."""
        return [self.flat, *self.slots.values()]

    def belongs_to(self, members: Sequence[Parameter], optimizer: Optimizer) -> bool:
        """Whether a training of these parameters may go on with this state."""
        return self.flat.members == tuple(members) and identity(
            self.optimizer
        ) == identity(optimizer)

    def is_whole(self) -> bool:
        """Whether the parameters' values are still views of the flat vector."""
        return all(
            member.value is view
            for member, view in zip(self.flat.members, self._views, strict=True)
        )

    def gather(self) -> None:
        """Put parameters whose values were replaced back into one vector."""
        self.flat = Flat("parameters", self.flat.members)
        self._views = [member.value for member in self.flat.members]


def identity(optimizer: Optimizer) -> Hashable:
    """Return what must be equal for one optimizer to go on where another was."""
    return fingerprint(optimizer, without="lr")


class Backup:
    """Copies of some parameters' values."""

    def __init__(self, parameters: Sequence[Parameter]) -> None:
        self._copies = [(p, p.value.copy()) for p in parameters]

    def restore(self) -> None:
        """Put the values back."""
        for parameter, value in self._copies:
            np.copyto(parameter.value, value)


def _vector(name: str, size: int, start: float = 0.0) -> Parameter:
    parameter = Parameter(name, np.zeros(size, np.float32))
    parameter.value = aligned(size, np.dtype(np.float32))
    parameter.value[:] = start
    return parameter
