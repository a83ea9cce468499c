"""Checkpoints: the model, saved while it is trained."""

from __future__ import annotations

import math

from chainrule.annotations import FilePath
from chainrule.kinds.callback import Callback, Run
from chainrule.kinds.monitor import Mode, sign_of


class Checkpoint(Callback):
    """Save the model after each epoch, or after each that is the best so far.

    To resume a training run, load the file with `chainrule.load` and call `fit`.

    Args:
        path: the file; it is replaced each time, and always complete.
        save_best_only: save only if `monitor` is better than in all epochs before.
        monitor: a name in the history, such as ``"val_loss"`` or ``"val_accuracy"``.
        mode: whether the smallest or the largest number is the best; ``"auto"``: the
            smallest of a loss, and of a metric what its `higher_is_better` says.

    Raises:
        HyperparameterError: this training run does not measure `monitor`.
    """

    path: FilePath
    save_best_only: bool = False
    monitor: str = "val_loss"
    mode: Mode = "auto"

    def begin(self, run: Run) -> None:
        if self.save_best_only:
            self._sign(run)  # before an epoch is computed in vain

    def epoch_end(self, run: Run) -> None:
        if self.save_best_only:
            sign = self._sign(run)
            *before, last = (sign * value for value in run.history[self.monitor])
            if not last < min(before, default=math.inf):
                return
        run.model.save(self.path)

    def _sign(self, run: Run) -> float:
        return sign_of(type(self).__name__, self.monitor, self.mode, run.better)
