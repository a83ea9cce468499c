"""The built-in schedules, which count time in epochs and fractions of them."""

from __future__ import annotations

import bisect
import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Annotated, Any, ClassVar

from chainrule import hookimpl
from chainrule.annotations import NonNegative, OfKind, Positive, Probability
from chainrule.errors import HyperparameterError
from chainrule.kinds.schedule import Schedule


class Constant(Schedule):
    """The optimizer's own rate α at every step."""

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

    Like tf.keras ``PiecewiseConstantDecay``, with factors in place of rates.

    Args:
        boundaries: the epochs at which the rate changes.
        factors: a factor for each piece, one more than boundaries.

    Raises:
        HyperparameterError: the number of factors does not fit, or boundaries do not
            increase.
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
                f"PiecewiseConstant: {len(self.boundaries)} boundaries need "
                f"{len(self.boundaries) + 1} factors, got {len(self.factors)}"
            )
        if any(a >= b for a, b in pairwise(self.boundaries)):
            raise HyperparameterError(
                f"PiecewiseConstant: boundaries must increase, got {self.boundaries}"
            )

    def rate(self, lr: float, step: int, steps_per_epoch: int) -> float:
        epoch = _epoch(step, steps_per_epoch)
        return lr * self.factors[bisect.bisect_right(self.boundaries, epoch)]


class Warmup(Schedule):
    """Another schedule, whose rate rises linearly from 0 during the first epochs.

    The rate of step s is that of `then`, times s / (epochs · steps per epoch) up to 1
    (Goyal et al., "Accurate, large minibatch SGD", arXiv:1706.02677).

    Args:
        epochs: how long the rate rises.
        then: the schedule.
    """

    epochs: NonNegative = 1.0
    then: Annotated[Any, OfKind("schedules")] = "constant"

    def rate(self, lr: float, step: int, steps_per_epoch: int) -> float:
        rate: float = self.then.rate(lr, step, steps_per_epoch)
        steps = self.epochs * steps_per_epoch
        return rate * step / steps if step < steps else rate


def _epoch(step: int, steps_per_epoch: int) -> float:
    """Return the time at which a step begins, in epochs."""
    return (step - 1) / steps_per_epoch


@hookimpl
def register_schedules() -> Sequence[type[Schedule]]:
    """Return the built-in schedules."""
    return (
        Constant, ExponentialDecay, StepDecay, CosineDecay, PiecewiseConstant, Warmup,
    )  # fmt: skip
