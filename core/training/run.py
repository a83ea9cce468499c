"""What callbacks see of a training run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chainrule.training.history import History


@dataclass
class Run:
    """One call of `fit`, as far as it has come.

    Epochs and steps are counted from the first ones of the model's training, so a
    training that is resumed goes on counting.

    Attributes:
        model: what is trained.
        history: the numbers of the epochs done so far.
        last_epoch: the number of the last epoch to be done.
        steps_per_epoch: how many steps make an epoch.
        epoch: the number of the epoch that is going on, from 1.
        step: the number of the last step done, from 1.
        step_of_epoch: how many steps of this epoch are done.
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
