"""Callbacks: actions around epochs and steps, outside the mathematics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from chainrule.component import Component
from chainrule.frozen import Frozen
from chainrule.kinds.monitor import Direction


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
        lr_scale: what callbacks have multiplied the learning rate by; it is saved with
            the model.
        better: for each name in the history, whether its smallest or its largest number
            is the best.
        backend: what ``backend="auto"`` has chosen, such as ``"opencl:0"``.
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
    lr_scale: float = 1.0
    better: Mapping[str, Direction] = field(default_factory=dict)
    backend: str = ""

    def stop(self) -> None:
        """End training after the current step."""
        self.record(stopping=True)

    def scale_lr(self, factor: float) -> None:
        """Multiply the learning rate of the following steps by a factor."""
        self.record(lr_scale=self.lr_scale * factor)

    def record(self, **progress: Any) -> None:
        """Note how far it has come; for the training loop."""
        vars(self).update(progress)

    def _may_set(self, name: str) -> bool:
        """Allow the constructor to set each field, once."""
        return name in type(self).__dataclass_fields__ and name not in vars(self)

    def _instead_of_setting(self, name: str, value: Any) -> str:
        if name == "stopping":
            return "write run.stop()"
        if name in ("lr", "lr_scale"):
            return (
                f"run.{name} can be read, not set; write run.scale_lr(factor), or give "
                "fit a schedule=…"
            )
        return super()._instead_of_setting(name, value)


class Callback(Component):
    """Base of callbacks; every method has a default that does nothing.

    To change weights call ``run.model.set_weights``: only then does a step that is
    repeated after a device failure see them.
    """

    kind: ClassVar[str] = "callbacks"
    foreign_methods: ClassVar[Mapping[str, str]] = {
        "on_train_begin": "begin", "on_train_end": "end", "on_fit_start": "begin",
        "on_fit_end": "end", "on_epoch_begin": "epoch_begin",
        "on_epoch_start": "epoch_begin", "on_epoch_end": "epoch_end",
        "on_batch_end": "step_end", "on_train_batch_end": "step_end",
        "on_train_epoch_start": "epoch_begin", "on_train_epoch_end": "epoch_end",
    }  # fmt: skip

    every_step: ClassVar[bool] = True
    """Whether `step_end` must be called after each single step. If not, a backend may
    do many steps at once, and it is called after them: every tenth of a second, say."""

    @property
    def watches_steps(self) -> bool:
        """Whether `step_end` is called, which takes time: if the class defines it."""
        return type(self).step_end is not Callback.step_end

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
