"""Batches: rows that are computed together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chainrule.data.arrays import Array
from chainrule.node import Input
from chainrule.shapes import Shape

Feeds = Sequence[tuple[Input, Array]]
"""Inputs with all their rows."""
Shapes = tuple[tuple[Input, Shape], ...]
"""Inputs with the shapes they have in one program."""


def batch_shapes(feeds: Feeds, rows: int) -> Shapes:
    """Return the shapes of a batch of this many rows."""
    return tuple((leaf, (rows, *array.shape[1:])) for leaf, array in feeds)


def batches_in(order: Array, size: int) -> list[Array]:
    """Cut an order of rows into batches: those of `size` rows, and a smaller last one.

    Returns:
        Matrices with a batch in each row; all batches in one matrix have one size.
    """
    whole = len(order) - len(order) % size
    parts = order[:whole].reshape(-1, size), order[None, whole:]
    return [part for part in parts if part.size]


def slices_of(rows: int, size: int) -> Iterator[slice]:
    """Cut rows, in the order they have, into batches; the last may be smaller."""
    for start in range(0, rows, size):
        yield slice(start, min(start + size, rows))
