"""A moving average of the weights, which often predicts better than the last ones."""

from __future__ import annotations

from dataclasses import field
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.annotations import Fraction
from chainrule.kinds.callback import Callback, Run


class WeightAverage(Callback):
    """a ← d a + (1 − d) w after each step; at the end the weights are the averages.

    All trainable parameters are averaged, from the values with which training begins.
    Validation sees the weights themselves. Default: ``ema_momentum`` of tf.keras.

    Args:
        decay: d.
    """

    decay: Fraction = 0.99

    _averages: dict[str, npt.NDArray[Any]] = field(default_factory=dict, init=False)

    def begin(self, run: Run) -> None:
        self._averages = {
            path: parameter.value.copy()
            for path, parameter in run.model.parameters.items()
            if parameter.trainable
        }

    def step_end(self, run: Run) -> None:
        parameters = run.model.parameters
        for path, average in self._averages.items():
            average += (1 - self.decay) * (parameters[path].value - average)

    def end(self, run: Run) -> None:
        if all(np.isfinite(average).all() for average in self._averages.values()):
            run.model.set_weights(self._averages)
