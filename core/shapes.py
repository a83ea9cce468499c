"""Shapes: the sizes of a node's axes, where None is open until the program runs."""

from __future__ import annotations

import math
from collections.abc import Container
from typing import TypeAlias

Shape: TypeAlias = tuple[int | None, ...]


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
