"""Rooms: what a picture must fit, and how large its text is there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

from chainrule.checks import check_value
from chainrule.errors import GraphError, did_you_mean, shown

Size: TypeAlias = Literal["slide", "column"] | tuple[float, float] | None
"""What a picture must fit: a kind of page, or a width and a height in pixels."""

LARGEST = 2.0
"""Pixels that a point has at most: small pictures are not blown up."""
NARROWEST, WIDEST = 50, 20_000
"""Bounds of a width and a height in pixels."""


@dataclass(frozen=True)
class Room:
    """The pixels there are, and how large text must be to be read.

    Attributes:
        name: what it is called.
        width, height: in pixels; the height may be open.
        least: pixels that the smallest text must have.
    """

    name: str
    width: float
    height: float
    least: float

    def scale(self, width: float, height: float) -> float:
        """Return pixels per point for a picture of so many points."""
        return min(self.width / width, self.height / height, LARGEST)


ROOMS = {
    "slide": Room("a slide of 1280 × 720 pixels", 1280, 720, 14),
    "column": Room("a column of 600 pixels", 600, math.inf, 8),
}


def room_for(size: object) -> Room | None:
    """Return the room that a size stands for.

    Raises:
        GraphError: it is neither a kind of page nor a width and a height.
        HyperparameterError: a width or a height is not a number.
    """
    if size is None:
        return None
    if not isinstance(size, tuple):
        if isinstance(size, str) and size in ROOMS:
            return ROOMS[size]
        raise GraphError(
            "size must be 'slide', 'column' or a (width, height) in pixels, got "
            f"{shown(size)}.{did_you_mean(size, ROOMS)}"
        )
    width, height = check_value(size, tuple[float, float], "size")
    if not NARROWEST <= min(width, height) <= max(width, height) <= WIDEST:
        raise GraphError(
            f"size must be a width and a height from {NARROWEST} to {WIDEST} pixels, "
            f"got {shown(size)}"
        )
    least = ROOMS["column"].least
    return Room(f"{width:g} × {height:g} pixels", width, height, least)
