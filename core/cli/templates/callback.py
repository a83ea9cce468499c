"""A chainrule plugin: the callback my_thing."""

from __future__ import annotations

import chainrule as cr
from chainrule.annotations import Positive
from chainrule.kinds.callback import Run


class MyThing(cr.Callback):
    """End training once the loss is small enough.

    Args:
        goal: the loss at which it ends.
    """

    goal: Positive = 0.01

    def epoch_end(self, run: Run) -> None:
        if run.history["loss"][-1] < self.goal:
            run.stop()


@cr.hookimpl
def register_callbacks() -> list[type[cr.Callback]]:
    """Register the callback."""
    return [MyThing]
