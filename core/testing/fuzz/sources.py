"""Operands for generators of rules: shapes that meet, shared nodes, hard numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from chainrule import ops
from chainrule.node import Input, Node
from chainrule.shapes import broadcast_shapes
from chainrule.testing.fuzz.problem import Array

T = TypeVar("T")

SHAPES = ((3,), (3, 3), (2, 3), (1, 3), (3, 1), (2, 3, 3))
SMALLER = ((3, 3), (3,), (1, 3), (3, 1), (2, 1), (1,), ())
NUMBERS = (1.0, -1.0, 2.0, 0.5, 0.25, 3.0, -0.3, 0.0)
EXTREME = (1e-39, 1e-30, 1e30, 3e38, -3e38)
HARD = (0.0, 1.0, 1e-30, 1e-39, 3e38, 1e30)
"""Where float32 overflows and underflows."""
HARD_EXPONENTS = (0.0, 1e-30, 50.0, 89.0, 100.0, 1000.0, 1e4)
"""Where exponentials do."""


class RandomSource:
    """A `Source` that makes inputs, and sometimes returns what it returned before.

    Args:
        random: what all choices are made with.
        hard: numbers that values are among, with either sign. Of those a graph has two,
            so that they meet. None: all values are ordinary.
    """

    def __init__(
        self, random: np.random.Generator, hard: Sequence[float] | None = None
    ) -> None:
        self.feeds: dict[Input, Array] = {}
        self._random = random
        self._hard = None if hard is None else random.choice(hard, 2)
        self._made: list[Node] = []

    def array(self, ndim: int | None = None) -> Node:
        """Return a node of at least one axis, or of exactly `ndim`."""
        fitting = [s for s in SHAPES if ndim in (None, len(s))]
        again = [x for x in self._made if x.ndim and ndim in (None, x.ndim)]
        if again and self._random.random() < 0.2:
            return self.pick(again)
        return self._dressed(self._leaf(self.pick(fitting)))

    def like(self, x: Node) -> Node:
        """Return a node that broadcasts with x to the shape of x, or sometimes more."""
        again = [y for y in self._made if broadcast_shapes(x.shape, y.shape) == x.shape]
        if again and self._random.random() < 0.3:
            return self.pick(again)
        if self._random.random() < 0.5:
            return self._dressed(self._leaf(x.shape))
        fitting = [s for s in SMALLER if broadcast_shapes(x.shape, s) == x.shape]
        return self._dressed(self._leaf(self.pick(fitting)))

    def number(self) -> float:
        """Return a number."""
        return self.pick(NUMBERS if self._hard is None else NUMBERS + EXTREME)

    def pick(self, options: Sequence[T]) -> T:
        """Return one of several things."""
        return options[int(self._random.integers(len(options)))]

    def _leaf(self, shape: tuple[int | None, ...]) -> Node:
        leaf = Input(f"x{len(self.feeds)}", shape)
        sizes = [size or 1 for size in shape]
        values = self._random.uniform(-2, 2, sizes)
        if self._hard is not None:
            hard = self._random.choice([*self._hard, *-self._hard], sizes)
            values = np.where(self._random.random(sizes) < 0.7, hard, values)
        self.feeds[leaf] = values.astype(np.float32).astype(np.float64)
        return leaf

    def _dressed(self, x: Node) -> Node:
        """Return a leaf, or something simple that is made of it."""
        dress = self.pick([None, None, None, ops.neg, ops.sin, ops.identity, ops.exp])
        if dress is None or (dress is ops.exp and self._hard is not None):
            made = x
        else:
            made = dress(x)
        self._made.append(made)
        return made
