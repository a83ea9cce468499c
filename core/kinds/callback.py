"""Callbacks: what happens around epochs and steps, outside the mathematics."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from chainrule.component import Component

if TYPE_CHECKING:
    from chainrule.training import Run


class Callback(Component):
    """Base of callbacks; every method has a default that does nothing.

    Each method gets the `Run`: the model, the history, the epoch and step reached, and
    `stop()`, which ends training after the current step. Weights are changed with
    ``run.model.set_weights``: then what is done again after a fault knows of it.
    """

    kind: ClassVar[str] = "callbacks"

    def begin(self, run: Run) -> None:
        """Training is about to start."""

    def epoch_begin(self, run: Run) -> None:
        """An epoch is about to start."""

    def step_end(self, run: Run) -> None:
        """A step was done."""

    def epoch_end(self, run: Run) -> None:
        """An epoch was done; ``run.history`` has its numbers."""

    def end(self, run: Run) -> None:
        """Training has ended, for whatever reason."""
