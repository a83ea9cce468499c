"""The titles of frames, which stand where no label of an edge covers them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

Box: TypeAlias = tuple[float, float, float, float]
"""Left, low, right, high, in points."""

CLEAR = 1.0
"""Points between a title and a label."""
ABOVE, BELOW = 0.8, 0.25
"""How far characters reach above and below their line, in their size."""


def moved_titles(layout: Mapping[str, Any]) -> dict[str, str]:
    """Return where titles must stand that are covered: name of a frame → labeljust.

    Args:
        layout: what Graphviz has written as JSON, with titles at the left.
    """
    labels = [box for edge in layout.get("edges", []) for box in _texts(edge)]
    moved = {}
    for thing in layout.get("objects", []):
        if "bb" not in thing or not (title := list(_texts(thing))):
            continue
        left, low, right, high = _around(title)
        begin, _, end, _ = map(float, thing["bb"].split(","))
        places = {
            "l": 0.0, "r": begin + end - left - right,
            "c": (begin + end - left - right) / 2,
        }  # fmt: skip
        free = [
            side
            for side, way in places.items()
            if not any(_meet((left + way, low, right + way, high), b) for b in labels)
        ]
        if free and free[0] != "l":
            moved[thing["name"]] = free[0]
    return moved


def _texts(thing: Mapping[str, Any]) -> Iterator[Box]:
    """Yield the boxes of the texts of a label."""
    size = 12.0
    for drawn in thing.get("_ldraw_", []):
        if drawn["op"] == "F":
            size = drawn["size"]
        elif drawn["op"] == "T" and drawn["text"].strip():
            x, y = drawn["pt"]
            x -= {"l": 0, "c": 0.5, "r": 1}[drawn["align"]] * drawn["width"]
            yield x, y - BELOW * size, x + drawn["width"], y + ABOVE * size


def _around(boxes: list[Box]) -> Box:
    lefts, lows, rights, highs = zip(*boxes, strict=True)
    return min(lefts), min(lows), max(rights), max(highs)


def _meet(a: Box, b: Box) -> bool:
    apart = a[0] > b[2] + CLEAR or b[0] > a[2] + CLEAR
    return not (apart or a[1] > b[3] + CLEAR or b[1] > a[3] + CLEAR)
