"""Arrays put together and taken apart: stacked, padded, split."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Annotated, Any, TypeAlias

import numpy as np

from chainrule.annotations import Converted
from chainrule.arguments import checked
from chainrule.errors import ShapeError, shown
from chainrule.node import Constant, Node, Value, as_node, describe
from chainrule.ops.axes import normal_axis
from chainrule.ops.broadcasting import broadcast_like
from chainrule.ops.reductions import Sum
from chainrule.ops.scans import part
from chainrule.ops.shaping import expand_dims
from chainrule.ops.slicing import concatenate
from chainrule.shapes import OneAxis, as_axis, shape_fits

__all__ = ["pad", "split", "stack"]

WIDEST = 2**31 - 1
"""The largest width of a border; no memory holds a wider one."""


@checked
def stack(xs: Sequence[Any], axis: OneAxis = 0) -> Node:
    """Return nodes of one shape, put side by side along a new axis.

    Raises:
        ShapeError: there is no node, or their shapes differ.
    """
    nodes = [as_node(x) for x in xs]
    if not nodes:
        raise ShapeError("stack: nothing to stack")
    for x in nodes:
        if not shape_fits(x.shape, nodes[0].shape):
            raise ShapeError(
                f"stack: {describe(nodes[0])} and {describe(x)} must have one shape"
            )
    return concatenate([expand_dims(x, axis) for x in nodes], axis)


def as_widths(value: Any, where: str) -> Any:
    """Return how far to pad: a number, (before, after), or such a pair for each axis.

    Raises:
        ShapeError: it is none of those, or a width is negative.
    """
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, (tuple, list)):
        pairs = (each if isinstance(each, (tuple, list)) else [each] for each in value)
        kept = tuple(tuple(_width(one, where) for one in pair) for pair in pairs)
        flat = not any(isinstance(each, (tuple, list)) for each in value)
        return tuple(one for (one,) in kept) if flat else kept
    return _width(value, where)


def _width(value: Any, where: str) -> int:
    width = as_axis(value, where)
    if width < 0:
        raise ShapeError(f"{where}: a width must be ≥ 0, got {shown(width)}")
    if width > WIDEST:
        raise ShapeError(f"{where}: a width must be ≤ {WIDEST}, got {shown(width)}")
    return width


Widths: TypeAlias = Annotated[Any, Converted(as_widths)]


@checked
def pad(x: Value, pad_width: Widths, constant_values: float = 0) -> Node:
    """Return x with a constant around it.

    Args:
        x: what to pad.
        pad_width: how many elements to add before and after, as in NumPy: one number
            for all, ``(before, after)`` for each axis, or such a pair for every axis,
            ``((0, 0), (1, 1))``.
        constant_values: the value of what is added.

    Raises:
        ShapeError: the widths are not of that kind, or not for as many axes as x has.
    """
    x = as_node(x)
    for axis, widths in enumerate(_pairs(x, pad_width)):
        x = padded(x, axis, widths, constant_values)
    return x


def _pairs(x: Node, widths: Any) -> list[tuple[int, int]]:
    """Write out the widths for every axis."""
    if isinstance(widths, int):
        return [(widths, widths)] * x.ndim
    if len(widths) == 2 and all(isinstance(each, int) for each in widths):
        return [widths] * x.ndim
    pairs = [each if isinstance(each, tuple) else () for each in widths]
    whole = all(
        len(p) == 2 and isinstance(p[0], int) and isinstance(p[1], int) for p in pairs
    )
    if len(pairs) != x.ndim or not whole:
        raise ShapeError(
            f"pad: pad_width must be a number, (before, after), or {x.ndim} such pairs "
            f"for {describe(x)}, got {shown(widths)}"
        )
    return pairs


def padded(x: Node, axis: int, widths: tuple[int, int], value: float) -> Node:
    """Return x with so many elements of a value before and after it on one axis."""
    before, after = (_filled(x, axis, width, value) for width in widths)
    parts = [*before, x, *after]
    return x if len(parts) == 1 else concatenate(parts, axis)


def _filled(x: Node, axis: int, width: int, value: float) -> list[Node]:
    """Return a block of one value, as long as x on all axes but one."""
    if not width:
        return []
    shape = (*x.shape[:axis], width, *x.shape[axis + 1 :])
    if None not in shape:
        return [Constant(np.full(shape, value, x.dtype))]
    ones = tuple(width if i == axis else 1 for i in range(x.ndim))
    like = Sum((axis,), keepdims=True)(x) + np.zeros(ones)
    return [broadcast_like(Constant(np.full((1,) * x.ndim, value, x.dtype)), like)]


def as_cuts(value: Any, where: str) -> int | tuple[int, ...]:
    """Return where to split: a number of equal parts, or the places of the cuts.

    Raises:
        ShapeError: it is neither.
    """
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, (tuple, list)):
        return tuple(as_axis(each, where) for each in value)
    sections = as_axis(value, where)
    if sections < 1:
        raise ShapeError(f"{where} must be at least 1, got {sections}")
    return sections


Cuts: TypeAlias = Annotated[int | Sequence[int], Converted(as_cuts)]


@checked
def split(x: Value, indices_or_sections: Cuts, axis: OneAxis = 0) -> list[Node]:
    """Return x in parts along `axis`, as NumPy and Keras split it.

    Args:
        x: what to split.
        indices_or_sections: a number of equal parts; or a list of the indices where
            the second part begins, the third, and so on. (In PyTorch a number is the
            size of a part, and there and in TensorFlow a list holds sizes.)
        axis: the axis that is cut.

    Raises:
        ShapeError: the axis is open, or not so many equal parts.
    """
    x = as_node(x)
    axis = normal_axis(axis, x, "split")
    size = x.shape[axis]
    if size is None:
        raise ShapeError(
            f"split: axis {axis} of {describe(x)} is open; write slices, such as x[:2]"
        )
    cuts = indices_or_sections
    if isinstance(cuts, int):
        if size % cuts:
            raise ShapeError(
                f"split: axis {axis} of {describe(x)} cannot be cut into {cuts} equal "
                "parts; give the indices to cut at, such as [2, 3]"
            )
        cuts = range(size // cuts, size, size // cuts) if size else [0] * (cuts - 1)
    bounds = [0, *cuts, size]
    return [part(x, axis, a, b) for a, b in itertools.pairwise(bounds)]
