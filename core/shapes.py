"""Shapes: the sizes of a node's axes, where None is open until the program runs."""

from __future__ import annotations

import math
from collections.abc import Container, Sequence
from types import NoneType
from typing import Annotated, Any, TypeAlias

import numpy as np

from chainrule.annotations import Converted
from chainrule.errors import ShapeError, shown

Shape: TypeAlias = tuple[int | None, ...]


def as_sizes(value: Any, where: str) -> Shape:
    """Return a shape that somebody wrote, as a tuple of Python's integers and None.

    Raises:
        ShapeError: it is not a list of sizes, or a size is negative.
    """
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        raise ShapeError(
            f"{where} must be a tuple, got {value}; write {where}=({value},)"
        )
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if not isinstance(value, (tuple, list)):
        raise ShapeError(f"{where} must be a tuple of sizes, got {shown(value)}")
    return tuple(
        [
            x if x is None or (type(x) is int and x >= 0) else _size(x, where)
            for x in value
        ]
    )


def _size(size: Any, where: str) -> int:
    if isinstance(size, np.integer) and size >= 0:
        return int(size)
    raise ShapeError(f"{where}: a size must be ≥ 0 or None, got {shown(size)}")


def as_closed_sizes(value: Any, where: str) -> tuple[int, ...]:
    """Return a shape that somebody wrote and that has no open size.

    Raises:
        ShapeError: it is not a list of sizes, or a size is negative or open.
    """
    sizes = as_sizes(value, where)
    if None in sizes:
        raise ShapeError(f"{where} must have no open size, got {shape_text(sizes)}")
    return sizes  # type: ignore[return-value]


def as_new_shape(value: Any, where: str) -> Shape:
    """Return the shape that somebody wrote for `reshape`: −1 and None are inferred.

    Raises:
        ShapeError: it is not a list of sizes, or leaves more than one open.
    """
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if not isinstance(value, (tuple, list)):
        value = (as_axis(value, where),)
    if len(value) == 1 and isinstance(value[0], (tuple, list, np.ndarray)):
        value = value[0]
    sizes: list[int | None] = []
    for size in value:
        if type(size) is not int:
            size = None if size is None else as_axis(size, where)
        if size == -1:
            size = None
        elif size is not None and size < 0:
            raise ShapeError(f"{where}: a size must be ≥ 0, or −1, got {size}")
        sizes.append(size)
    if sizes.count(None) > 1:
        raise ShapeError(
            f"{where}: at most one size of {shape_text(tuple(sizes))} can be open"
        )
    return tuple(sizes)


def as_axes(value: Any, where: str) -> int | tuple[int, ...] | None:
    """Return axes that somebody wrote: one, several, or None.

    Raises:
        ShapeError: an axis is not an integer.
    """
    if value is None or type(value) is int:
        return value
    if isinstance(value, (tuple, list)):
        if all(isinstance(axis, (int, np.integer)) for axis in value):
            return tuple([as_axis(axis, where) for axis in value])
    elif isinstance(value, np.integer):
        return int(value)
    raise ShapeError(
        f"{where} must be an integer or a tuple of integers, got {shown(value)}"
    )


def as_some_axes(value: Any, where: str) -> int | tuple[int, ...]:
    """Return axes that somebody wrote: one or several.

    Raises:
        ShapeError: an axis is not an integer.
    """
    axes = as_axes(value, where)
    return as_axis(value, where) if axes is None else axes


def as_axis(value: Any, where: str) -> int:
    """Return one axis that somebody wrote.

    Raises:
        ShapeError: it is not an integer.
    """
    if type(value) is int:
        return value
    if isinstance(value, np.integer):
        return int(value)
    raise ShapeError(f"{where} must be one integer, got {shown(value)}")


Sizes: TypeAlias = Annotated[Sequence[int | None], Converted(as_sizes)]
ClosedSizes: TypeAlias = Annotated[Sequence[int], Converted(as_closed_sizes)]
NewShape: TypeAlias = Annotated[int | Sequence[int | None], Converted(as_new_shape)]
Axis: TypeAlias = Annotated[
    int | tuple[int, ...] | None, Converted(as_axes, as_is=(int, NoneType))
]
SomeAxes: TypeAlias = Annotated[
    int | tuple[int, ...], Converted(as_some_axes, as_is=(int,))
]
OneAxis: TypeAlias = Annotated[int, Converted(as_axis, as_is=(int,))]


def shape_text(shape: Shape) -> str:
    """Write a shape for people: ``(batch, 64)``; a scalar is ``()``."""
    return f"({', '.join('batch' if s is None else str(s) for s in shape)})"


def shape_fits(shape: Shape, wanted: Shape) -> bool:
    """Whether two shapes may be one: of one rank, and each size equal or open.

    >>> shape_fits((32, 64), (None, 64)), shape_fits((64,), (None, 64))
    (True, False)
    """
    return len(shape) == len(wanted) and all(
        a == b or a is None or b is None for a, b in zip(shape, wanted, strict=True)
    )


def without(shape: Shape, axes: Container[int]) -> Shape:
    """Return a shape without some of its axes."""
    return tuple(size for axis, size in enumerate(shape) if axis not in axes)


def known_size(shape: Shape) -> int:
    """Return the number of elements along the axes that are not open."""
    return math.prod(size for size in shape if size is not None)


def broadcast_shapes(a: Shape, b: Shape) -> Shape | None:
    """Return the shape two operands broadcast to, or None if they do not.

    An open dimension goes with another open one, with 1, and with any size (the
    program checks that it has that size when it runs).

    >>> broadcast_shapes((None, 3), (3,)), broadcast_shapes((2, 3), (2,))
    ((None, 3), None)
    """
    if len(a) < len(b):
        a, b = b, a
    if not b:
        return a
    result = list(a)
    for i in range(1, len(b) + 1):
        x, y = a[-i], b[-i]
        if x == y or y == 1:
            continue
        if x == 1 or x is None:
            result[-i] = y
        elif y is not None:
            return None
    return tuple(result)


def mixes_batches(a: Shape, b: Shape) -> bool:
    """Whether broadcasting would pair an open axis with another one of a batch.

    The operand of lower rank is aligned from the right, so its open axis comes to lie
    beside a fixed axis, while the open one of the other operand lies further left: n
    targets and n predictions of shape (n, 1) would make n × n pairs.

    >>> mixes_batches((None,), (None, 1)), mixes_batches((None, 1), (1, None))
    (True, False)
    """
    low, high = sorted((a, b), key=len)
    left = len(high) - len(low)
    beside = zip(low, high[left:], strict=True)
    return None in high[:left] and any(x is None and y is not None for x, y in beside)
