"""The run: what callbacks see of one call of `fit`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chainrule.training.history import History


@dataclass
class Run:
    """One call of `fit`, and how far it has come.

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
    history: History
    last_epoch: int
    steps_per_epoch: int
    epoch: int
    step: int
    lr: float
    step_of_epoch: int = 0
    stopping: bool = False

    def stop(self) -> None:
        """End training after the current step."""
        self.stopping = True
