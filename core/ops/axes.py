"""Axes as people give them: an integer, from the end if negative; several; or all."""

from __future__ import annotations

from chainrule.errors import ShapeError
from chainrule.node import Node, describe
from chainrule.shapes import Axis


def normal_axis(axis: int, x: Node, op: str) -> int:
    """Return one axis as a non-negative number.

    Raises:
        ShapeError: it is out of range.
    """
    return normal_axes(axis, x, op)[0]


def normal_axes(axis: Axis, x: Node, op: str, *, more: int = 0) -> tuple[int, ...]:
    """Return axes as non-negative numbers, in the order given; None means all of them.

    Args:
        axis: one axis, or several.
        x: the node whose axes they are.
        op: what wants them, for messages.
        more: how many axes they are counted among beside those of `x`.

    Raises:
        ShapeError: an axis is out of range, or given twice.
    """
    rank = x.ndim + more
    if axis is None:
        return tuple(range(rank))
    several = axis if isinstance(axis, (tuple, list)) else (axis,)
    for a in several:
        if not -rank <= a < rank:
            allowed = f"from {-rank} to {rank - 1}" if rank else "left out"
            raise ShapeError(f"{op}: axis must be {allowed} for {describe(x)}, got {a}")
    result = tuple(a % rank for a in several)
    if len(set(result)) != len(result):
        raise ShapeError(f"{op}: axis {axis} names one axis of {describe(x)} twice")
    return result


def check_elements(x: Node, axes: tuple[int, ...], op: str) -> None:
    """Check that axes have elements, one of which is the largest, say.

    Raises:
        ShapeError: the first axis without.
    """
    for axis in axes:
        if x.shape[axis] == 0:
            raise ShapeError(
                f"{op}: axis {axis} of {describe(x)} must have elements, got none"
            )
