"""Monitored numbers: which one is watched, and which of two is better."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from chainrule.errors import HyperparameterError, did_you_mean

Direction: TypeAlias = Literal["min", "max", "unknown"]
"""Which number is the best: the smallest or the largest."""
DIRECTIONS: dict[bool | None, Direction] = {True: "max", False: "min", None: "unknown"}
"""What `Metric.higher_is_better` says, in these words."""
Mode: TypeAlias = Literal["auto", "min", "max"]
"""``"auto"``: the smallest of a loss, and of a metric what `higher_is_better` says."""


def sign_of(
    owner: str, monitor: str, mode: Mode, better: Mapping[str, Direction]
) -> float:
    """Return 1 where the smallest number is the best, −1 where the largest is.

    Args:
        owner: what messages call the component that watches.
        monitor: a name in the history.
        mode: which number is the best.
        better: for each name that this training run measures, which number is the best.

    Raises:
        HyperparameterError: this training run does not measure `monitor`, or nothing
            says which number is the best.
    """
    if monitor not in better:
        hint = did_you_mean(monitor, better)
        if monitor.startswith("val_"):
            hint = " Give fit validation data: validation=(x, y)." + hint
        raise HyperparameterError(
            f"{owner}(monitor={monitor!r}): the history of this training run has no "
            f"such name.{hint}"
        )
    best = better[monitor] if mode == "auto" else mode
    if best == "unknown":
        raise HyperparameterError(
            f"{owner}(monitor={monitor!r}): {monitor} is measured by a function, which "
            "does not say whether its best number is the smallest or the largest; "
            "write mode='min' or mode='max'"
        )
    return -1.0 if best == "max" else 1.0
