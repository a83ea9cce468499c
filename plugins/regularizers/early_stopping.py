"""Early stopping: end training when it no longer improves the model."""

from __future__ import annotations

import math
from collections.abc import Mapping

from chainrule.annotations import NonNegative, NonNegativeInt, PositiveInt
from chainrule.kinds.monitor import Direction, Mode, sign_of
from chainrule.kinds.regularizer import Regularizer, Verdict


class EarlyStopping(Regularizer):
    """Stop when `monitor` has not improved for `patience` epochs.

    Args:
        monitor: a name in the history, such as ``"val_loss"`` or ``"val_accuracy"``.
        patience: the number of epochs to wait for an improvement.
        min_delta: the least change that counts as an improvement.
        restore_best_weights: restore the weights of the best epoch at the end.
        mode: whether the smallest or the largest number is the best; ``"auto"``: the
            smallest of a loss, and of a metric what its `higher_is_better` says.
        start_from_epoch: the number of epochs that are not judged, at the beginning.
        baseline: what must be reached: the wait goes on while nothing is better.

    Raises:
        HyperparameterError: this training run does not measure `monitor`.
    """

    monitor: str = "val_loss"
    patience: PositiveInt = 5
    min_delta: NonNegative = 0.0
    restore_best_weights: bool = True
    mode: Mode = "auto"
    start_from_epoch: NonNegativeInt = 0
    baseline: float | None = None

    def watch(
        self, history: Mapping[str, list[float]], better: Mapping[str, Direction]
    ) -> Verdict:
        sign = sign_of(type(self).__name__, self.monitor, self.mode, better)
        goal = math.inf if self.baseline is None else sign * self.baseline
        best, waited, improved = math.inf, 0, False
        for value in history[self.monitor][self.start_from_epoch :]:
            score = sign * value
            improved = score < best - self.min_delta
            best = score if improved else best
            waited = 0 if improved and score < goal - self.min_delta else waited + 1
        if waited >= self.patience:
            return "stop at best" if improved else "stop"
        return "best" if improved else "go on"

    @property
    def restores(self) -> bool:
        return self.restore_best_weights
