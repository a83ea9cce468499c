"""Optimizers: an update rule written with ops, so it is a graph like everything else."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from chainrule.graph import Node
from chainrule.spec import Component, Positive


class Optimizer(Component, ABC):
    """Base of optimizers: name the slots, define `update`.

    The rule is applied once to all parameters together, laid flat in one vector; it
    must therefore act element by element, or on norms of the whole vector.

    Attributes:
        lr: learning rate; a run-time input, so a schedule never recompiles.
        clip_value: clip each gradient element to [−clip_value, clip_value] first.
        clip_norm: scale the whole gradient so that its norm is at most this.
    """

    kind: ClassVar[str] = "optimizers"
    slots: ClassVar[tuple[str, ...]] = ()
    """Names of the vectors kept between steps; each starts as `slot_start` says."""

    lr: Positive

    @abstractmethod
    def update(
        self, p: Node, g: Node, lr: Node, step: Node, **slots: Node
    ) -> dict[str, Node]:
        """Return the new values: ``{"p": …}`` and one for each slot.

        Args:
            p: the parameters.
            g: their gradient, clipped if that was asked for.
            lr: the learning rate of this step.
            step: the number of this step, from 1.
            **slots: the slots' values, by name.
        """

    def slot_start(self, slot: str) -> float:
        """Return the value a slot has before the first step."""
        return 0.0
