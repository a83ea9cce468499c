"""Built-in learning-rate schedules; time is counted in epochs, also in parts of one."""

from __future__ import annotations

import bisect
import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any, ClassVar

from chainrule.annotations import NonNegative, OfKind, Positive, Probability
from chainrule.errors import HyperparameterError
from chainrule.kinds.schedule import Schedule
from chainrule.registry.hooks import hookimpl


class Constant(Schedule):
    """The optimizer's own rate, α, all the time."""

    def rate(self, lr: float, step: int, steps_per_epoch: int) -> float:
        return lr


class ExponentialDecay(Schedule):
    """α · factor^(t / epochs): tf.keras ``ExponentialDecay``."""

    factor: Positive = 0.96
    epochs: Positive = 1.0

    def rate(self, lr: float, step: int, steps_per_epoch: int) -> float:
        return float(lr * self.factor ** (_epoch(step, steps_per_epoch) / self.epochs))


class StepDecay(Schedule):
    """α · factor^⌊t / epochs⌋: tf.keras ``ExponentialDecay(staircase=True)``."""

    factor: Positive = 0.5
    epochs: Positive = 10.0

    def rate(self, lr: float, step: int, steps_per_epoch: int) -> float:
        return float(lr * self.factor ** (_epoch(step, steps_per_epoch) // self.epochs))


class CosineDecay(Schedule):
    """α · (floor + (1 − floor) (1 + cos(π t / epochs)) / 2), then α · floor.

    tf.keras ``CosineDecay``; Loshchilov, Hutter, "SGDR", arXiv:1608.03983.
    """

    epochs: Positive
    floor: Probability = 0.0

    def rate(self, lr: float, step: int, steps_per_epoch: int) -> float:
        done = min(_epoch(step, steps_per_epoch) / self.epochs, 1.0)
        return lr * (self.floor + (1 - self.floor) * (1 + math.cos(math.pi * done)) / 2)


class PiecewiseConstant(Schedule):
    """α · factors[i] between boundaries[i − 1] and boundaries[i].

    As tf.keras ``PiecewiseConstantDecay``, with factors in place of rates.

    Raises:
        HyperparameterError: not one factor more than boundaries, or boundaries that
            do not increase.
    """

    example: ClassVar[Mapping[str, Any]] = {
        "boundaries": (2.0, 4.0), "factors": (1.0, 0.5, 0.1),
    }  # fmt: skip

    boundaries: tuple[Positive, ...]
    factors: tuple[Positive, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.factors) != len(self.boundaries) + 1:
            raise HyperparameterError(
                f"PiecewiseConstant: {len(self.boundaries)} boundaries make "
                f"{len(self.boundaries) + 1} pieces, got {len(self.factors)} factors"
            )
        if any(a >= b for a, b in pairwise(self.boundaries)):
            raise HyperparameterError(
                f"PiecewiseConstant: boundaries must increase, got {self.boundaries}"
            )

    def rate(self, lr: float, step: int, steps_per_epoch: int) -> float:
        epoch = _epoch(step, steps_per_epoch)
        return lr * self.factors[bisect.bisect_right(self.boundaries, epoch)]


class Warmup(Schedule):
    """A rate that rises evenly from near 0 during the first epochs; then another one.

    The rate of step s is s / (epochs · steps per epoch) of what `then` says, at most 1
    (Goyal et al., "Accurate, large minibatch SGD", arXiv:1706.02677).
    """

    epochs: NonNegative = 1.0
    then: Annotated[Any, OfKind("schedules")] = "constant"

    def rate(self, lr: float, step: int, steps_per_epoch: int) -> float:
        rate: float = self.then.rate(lr, step, steps_per_epoch)
        steps = self.epochs * steps_per_epoch
        return rate * step / steps if step < steps else rate


def _epoch(step: int, steps_per_epoch: int) -> float:
    """Return how many epochs had passed when a step began."""
    return (step - 1) / steps_per_epoch


@hookimpl
def register_schedules() -> list[type[Schedule]]:
    """Return the built-in schedules."""
    return [
        Constant, ExponentialDecay, StepDecay, CosineDecay, PiecewiseConstant, Warmup,
    ]  # fmt: skip
