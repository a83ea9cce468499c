"""Early stopping: end training when it no longer improves the model."""

from __future__ import annotations

import re
from collections.abc import Mapping

from chainrule.annotations import NonNegative, PositiveInt
from chainrule.errors import HyperparameterError, did_you_mean
from chainrule.kinds.regularizer import Regularizer, Verdict
from chainrule.registry import registry


class EarlyStopping(Regularizer):
    """Stop when `monitor` has not improved for `patience` epochs.

    Args:
        monitor: a name in the history, such as ``"val_loss"`` or ``"val_accuracy"``.
            A loss should fall; a metric itself says which direction is better.
        patience: the number of epochs to wait for an improvement.
        min_delta: the least change that counts as an improvement.
        restore_best_weights: restore the weights of the best epoch at the end.

    Raises:
        HyperparameterError: `monitor` is not in the history of this training run.
    """

    monitor: str = "val_loss"
    patience: PositiveInt = 5
    min_delta: NonNegative = 0.0
    restore_best_weights: bool = True

    def watch(self, history: Mapping[str, list[float]]) -> Verdict:
        if self.monitor not in history:
            hint = did_you_mean(self.monitor, history)
            if self.monitor.startswith("val_"):
                hint = " Give fit validation data: validation=(x, y)." + hint
            raise HyperparameterError(
                f"EarlyStopping(monitor={self.monitor!r}): the history of this "
                f"training run has no such name.{hint}"
            )
        sign = -1.0 if self._higher_is_better() else 1.0
        best, best_epoch = float("inf"), 0
        for epoch, value in enumerate(history[self.monitor], start=1):
            if sign * value < best - self.min_delta:
                best, best_epoch = sign * value, epoch
        epochs = len(history[self.monitor])
        if epochs and best_epoch == epochs:
            return "best"
        return "stop" if epochs - best_epoch >= self.patience else "go on"

    @property
    def restores(self) -> bool:
        return self.restore_best_weights

    def _higher_is_better(self) -> bool:
        """Return whether more is better for the metric that ends the monitored name."""
        metrics = sorted(registry.entries("metrics"), key=lambda e: -len(e.name))
        for entry in metrics:
            if re.search(rf"(^|_){re.escape(entry.name)}(_\d+)?$", self.monitor):
                return bool(entry.target.higher_is_better)
        return False
