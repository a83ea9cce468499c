"""Schedules: the learning rate of each step."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from chainrule.component import Component


class Schedule(Component, ABC):
    """Base of schedules: define `rate`."""

    kind: ClassVar[str] = "schedules"

    @abstractmethod
    def rate(self, lr: float, step: int, steps_per_epoch: int) -> float:
        """Return the learning rate of a step.

        Progress is counted in epochs, ``(step - 1) / steps_per_epoch``: a training run
        that goes on with other batches goes on where it was.

        Args:
            lr: the optimizer's own learning rate.
            step: the number of the step, from 1, if all epochs had had as many steps
                as this one.
            steps_per_epoch: the number of steps in an epoch.
        """
