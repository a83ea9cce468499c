"""Schedules: the learning rate of each step."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from chainrule.component import Component
from chainrule.errors import ComponentError, shown


class Schedule(Component, ABC):
    """Base of schedules: define `rate`."""

    kind: ClassVar[str] = "schedules"
    foreign_methods: ClassVar[Mapping[str, str]] = {"get_lr": "rate", "call": "rate"}

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

    def checked_rate(self, lr: float, step: int, steps_per_epoch: int) -> float:
        """Return what `rate` returns.

        Raises:
            ComponentError: that is not a finite number.
        """
        rate = self.rate(lr, step, steps_per_epoch)
        if isinstance(rate, (int, float, np.floating)) and math.isfinite(rate):
            return float(rate)
        raise ComponentError(
            f"{type(self).__name__}.rate must return a finite number, got {shown(rate)}"
            f" at step {step}"
        )
