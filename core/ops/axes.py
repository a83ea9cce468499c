"""Axes as people give them: an integer, from the end if negative; several; or all."""

from __future__ import annotations

import operator
from typing import TypeAlias

from chainrule.errors import ShapeError
from chainrule.node import Node, describe

Axis: TypeAlias = int | tuple[int, ...] | None


def normal_axis(axis: int, x: Node, op: str) -> int:
    """Return one axis as a non-negative number.

    Raises:
        ShapeError: it is not an integer, or out of range.
    """
    if axis is None or isinstance(axis, (tuple, list)):
        raise ShapeError(f"{op}: axis must be one integer, got {axis!r}")
    return normal_axes(axis, x, op)[0]


def normal_axes(axis: Axis, x: Node, op: str, *, more: int = 0) -> tuple[int, ...]:
    """Return axes as non-negative numbers, in the order given; None means all of them.

    Args:
        axis: one axis, or several.
        x: the node whose axes they are.
        op: what wants them, for messages.
        more: how many axes they are counted among beside those of `x`.

    Raises:
        ShapeError: an axis is not an integer, out of range, or given twice.
    """
    rank = x.ndim + more
    if axis is None:
        return tuple(range(rank))
    several = axis if isinstance(axis, (tuple, list)) else (axis,)
    try:
        axes = tuple(map(operator.index, several))
    except TypeError:
        raise ShapeError(
            f"{op}: axis must be an integer or a tuple of integers, got {axis!r}"
        ) from None
    for a in axes:
        if not -rank <= a < rank:
            allowed = f"from {-rank} to {rank - 1}" if rank else "left out"
            raise ShapeError(f"{op}: axis must be {allowed} for {describe(x)}, got {a}")
    result = tuple(a % rank for a in axes)
    if len(set(result)) != len(result):
        raise ShapeError(f"{op}: axis {axis} names one axis of {describe(x)} twice")
    return result
