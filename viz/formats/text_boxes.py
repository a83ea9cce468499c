"""Where the text of a layout stands that Graphviz has written as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

Box: TypeAlias = tuple[float, float, float, float]
"""Left, low, right, high, in points."""

ABOVE, BELOW = 0.8, 0.25
"""How far characters reach above and below their line, in their size."""


def text_boxes(thing: Mapping[str, Any]) -> Iterator[Box]:
    """Yield the boxes of the texts in the label of a node, a frame or an edge."""
    size = 12.0
    for drawn in (*thing.get("_ldraw_", ()), *thing.get("_hldraw_", ())):
        if drawn["op"] == "F":
            size = drawn["size"]
        elif drawn["op"] == "T" and drawn["text"].strip():
            x, y = drawn["pt"]
            x -= {"l": 0, "c": 0.5, "r": 1}[drawn["align"]] * drawn["width"]
            yield x, y - BELOW * size, x + drawn["width"], y + ABOVE * size


def around(boxes: Iterable[Box]) -> Box:
    """Return the smallest box around others."""
    lefts, lows, rights, highs = zip(*boxes, strict=True)
    return min(lefts), min(lows), max(rights), max(highs)
