"""Callbacks: actions around epochs and steps, outside the mathematics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from chainrule.component import Component
from chainrule.frozen import Frozen


@dataclass
class Run(Frozen):
    """One call of `fit` as callbacks see it, and how far it has come.

    Epochs and steps are counted from the model's first ones, so a resumed training run
    continues the count.

    Attributes:
        model: the model that is trained.
        history: the numbers of the epochs completed so far.
        last_epoch: the number of the last epoch to do.
        steps_per_epoch: the number of steps in an epoch.
        epoch: the number of the current epoch, from 1.
        step: the number of the last step completed, from 1.
        step_of_epoch: the number of steps of this epoch that were completed.
        lr: the learning rate of the last step.
        stopping: whether training ends after the current step.
    """

    model: Any
    history: Mapping[str, list[float]]
    last_epoch: int
    steps_per_epoch: int
    epoch: int
    step: int
    lr: float
    step_of_epoch: int = 0
    stopping: bool = False

    def stop(self) -> None:
        """End training after the current step."""
        self.record(stopping=True)

    def record(self, **progress: Any) -> None:
        """Note how far it has come; for the training loop."""
        vars(self).update(progress)

    def _may_set(self, name: str) -> bool:
        """Allow the constructor to set each field, once."""
        return name in type(self).__dataclass_fields__ and name not in vars(self)

    def _instead_of_setting(self, name: str, value: Any) -> str:
        if name == "stopping":
            return "write run.stop()"
        if name == "lr":
            return "run.lr can be read, not set; give fit a schedule=…"
        return super()._instead_of_setting(name, value)


class Callback(Component):
    """Base of callbacks; every method has a default that does nothing.

    To change weights call ``run.model.set_weights``: only then does a step that is
    repeated after a device failure see them.
    """

    kind: ClassVar[str] = "callbacks"

    def begin(self, run: Run) -> None:
        """Act before training starts."""

    def epoch_begin(self, run: Run) -> None:
        """Act before an epoch starts."""

    def step_end(self, run: Run) -> None:
        """Act after a step."""

    def epoch_end(self, run: Run) -> None:
        """Act after an epoch, whose numbers are in ``run.history``."""

    def end(self, run: Run) -> None:
        """Act after training has ended, also if an error ended it."""
