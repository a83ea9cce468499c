"""How large a diagram is in a room, and what is said where it is too much."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from chainrule.plotting.rooms import Room
from chainrule.viz.scene import Line
from chainrule.viz.text import Plain


@dataclass(frozen=True)
class Measured:
    """A finished picture: its size and that of its smallest text, in points."""

    width: float
    height: float
    text: float

    @classmethod
    def of(cls, svg: str) -> Measured:
        """Measure an SVG that Graphviz has written."""
        box = re.search(r'viewBox="[-\d.]+ [-\d.]+ ([\d.]+) ([\d.]+)"', svg)
        sizes = [float(size) for size in re.findall(r'font-size="([\d.]+)"', svg)]
        assert box is not None
        return cls(float(box[1]), float(box[2]), min(sizes, default=math.inf))

    def pixels(self, room: Room) -> float:
        """Return how many pixels the smallest text has in a room."""
        return self.text * room.scale(self.width, self.height)


def too_small(measured: Measured, room: Room) -> Line:
    """Say that a picture does not fit, for its caption."""
    pixels = measured.pixels(room)
    text = (
        f"✗ too much for {room.name}: the smallest text has {pixels:.1f} pixels of "
        f"{room.least:g}; draw a part of it, or a coarser level"
    )
    return Line(Plain(text), "mark")
