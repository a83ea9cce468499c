"""The path of the weights through a training run."""

from __future__ import annotations

from dataclasses import field
from typing import Any

import numpy.typing as npt

from chainrule.annotations import PositiveInt
from chainrule.kinds.callback import Callback, Run


class Trajectory(Callback):
    """Keep a copy of the weights at the start and after each epoch.

    `chainrule.plot.landscape` and `gradient_flow` show what they went through.

    Args:
        every: keep them after this many steps instead; None: after each epoch.

    Attributes:
        weights: for each copy the trainable parameters by path.
        epochs: when it was made, as a number of epochs, which may be a fraction.
    """

    every: PositiveInt | None = None

    weights: list[dict[str, npt.NDArray[Any]]] = field(default_factory=list, init=False)
    epochs: list[float] = field(default_factory=list, init=False)

    @property
    def watches_steps(self) -> bool:
        return self.every is not None

    def begin(self, run: Run) -> None:
        if not self.weights:
            self._keep(run, float(run.epoch))

    def step_end(self, run: Run) -> None:
        if self.every is not None and run.step % self.every == 0:
            self._keep(run, run.epoch - 1 + run.step_of_epoch / run.steps_per_epoch)

    def epoch_end(self, run: Run) -> None:
        if self.every is None:
            self._keep(run, float(run.epoch))

    def _keep(self, run: Run, epoch: float) -> None:
        self.epochs.append(epoch)
        self.weights.append(
            {
                path: parameter.value.copy()
                for path, parameter in run.model.parameters.items()
                if parameter.trainable
            }
        )
