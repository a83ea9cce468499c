"""A learning rate that falls where training no longer improves the model."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

from chainrule.annotations import NonNegative, NonNegativeInt, PositiveInt, SuchThat
from chainrule.kinds.callback import Callback, Run
from chainrule.kinds.monitor import Mode, sign_of


class ReduceLROnPlateau(Callback):
    """Multiply the learning rate by `factor` if `monitor` no longer improves.

    A schedule is multiplied too. Defaults: tf.keras ``ReduceLROnPlateau``.

    Args:
        monitor: a name in the history, such as ``"val_loss"`` or ``"val_accuracy"``.
        factor: new learning rate = old learning rate · factor.
        patience: the number of epochs to wait for an improvement.
        mode: whether the smallest or the largest number is the best; ``"auto"``: the
            smallest of a loss, and of a metric what its `higher_is_better` says.
        min_delta: the least change that counts as an improvement.
        cooldown: the number of epochs after a reduction that are not judged.
        min_lr: the least learning rate, for an optimizer without a schedule.

    Raises:
        HyperparameterError: this training run does not measure `monitor`.
    """

    type_name: ClassVar[str] = "reduce_lr_on_plateau"
    monitor: str = "val_loss"
    factor: Annotated[float, SuchThat(lambda x: 0 < x < 1, "between 0 and 1")] = 0.1
    patience: PositiveInt = 10
    mode: Mode = "auto"
    min_delta: NonNegative = 1e-4
    cooldown: NonNegativeInt = 0
    min_lr: NonNegative = 0.0

    def begin(self, run: Run) -> None:
        self._reduced(run)  # before an epoch is computed in vain

    def epoch_end(self, run: Run) -> None:
        if self._reduced(run):
            run.scale_lr(max(self.factor, min(self.min_lr / run.lr, 1.0)))

    def _reduced(self, run: Run) -> bool:
        """Return whether the last epoch is one after which the rate is reduced."""
        sign = sign_of(type(self).__name__, self.monitor, self.mode, run.better)
        best, waited, cooling, reduced = math.inf, 0, 0, False
        for value in run.history.get(self.monitor, ()):
            score, reduced = sign * value, False
            if cooling:
                cooling, waited = cooling - 1, 0
            if score < best - self.min_delta:
                best, waited = score, 0
            elif not cooling:
                waited += 1
                if waited >= self.patience:
                    waited, cooling, reduced = 0, self.cooldown, True
        return reduced
