"""A chainrule plugin: the schedule my_thing."""

from __future__ import annotations

import chainrule as cr
from chainrule.annotations import Positive


class MyThing(cr.Schedule):
    """α / (1 + t / T) after t epochs.

    Args:
        epochs: T, after which the rate is one half.
    """

    epochs: Positive = 10.0

    def rate(self, lr: float, step: int, steps_per_epoch: int) -> float:
        return lr / (1 + (step - 1) / steps_per_epoch / self.epochs)


@cr.hookimpl
def register_schedules() -> list[type[cr.Schedule]]:
    """Register the schedule."""
    return [MyThing]
