"""Boxes and circles on a page: where something stands, and whether two overlap."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Box:
    """A rectangle; y grows downwards, as in SVG."""

    left: float
    top: float
    right: float
    bottom: float

    def overlap(self, other: Box) -> float:
        """Return how far two boxes reach into each other; not above 0 if they do not.

        >>> Box(0, 0, 10, 10).overlap(Box(8, 5, 20, 20))
        2
        """
        return min(
            min(self.right, other.right) - max(self.left, other.left),
            min(self.bottom, other.bottom) - max(self.top, other.top),
        )

    def beyond(self, page: Box) -> float:
        """Return how far the box leaves a page."""
        return max(
            page.left - self.left, self.right - page.right,
            page.top - self.top, self.bottom - page.bottom,
        )  # fmt: skip

    @property
    def around(self) -> Box:
        """The box itself."""
        return self


@dataclass(frozen=True)
class Circle:
    """A circle; a box overlaps it where its nearest point lies inside."""

    x: float
    y: float
    radius: float

    def overlap(self, other: Box) -> float:
        """Return how far a box reaches into the circle."""
        near_x = min(max(self.x, other.left), other.right)
        near_y = min(max(self.y, other.top), other.bottom)
        return self.radius - math.hypot(near_x - self.x, near_y - self.y)

    @property
    def around(self) -> Box:
        """The box around the circle."""
        r = self.radius
        return Box(self.x - r, self.y - r, self.x + r, self.y + r)


def around(boxes: Iterable[Box]) -> Box:
    """Return the smallest box around others."""
    every = list(boxes)
    return Box(
        min(box.left for box in every), min(box.top for box in every),
        max(box.right for box in every), max(box.bottom for box in every),
    )  # fmt: skip
