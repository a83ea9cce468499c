"""The titles of frames, which stand where no edge and no label of one covers them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.viz.formats.curves import Floats
from chainrule.viz.formats.interruptions import drawn_curves, reached
from chainrule.viz.formats.text_boxes import Box, around, text_boxes

CLEAR = 1.0
"""Points between a title and a label."""


def moved_titles(layout: Mapping[str, Any]) -> dict[str, str]:
    """Return where titles must stand that are covered: name of a frame → labeljust.

    Args:
        layout: what Graphviz has written as JSON, with titles at the left.
    """
    labels = [box for edge in layout.get("edges", []) for box in text_boxes(edge)]
    curves = list(drawn_curves(layout).values())
    moved = {}
    for thing in layout.get("objects", []):
        if "bb" not in thing or not (title := list(text_boxes(thing))):
            continue
        left, low, right, high = around(title)
        begin, _, end, _ = map(float, thing["bb"].split(","))
        ways = {
            "l": 0.0, "r": begin + end - left - right,
            "c": (begin + end - left - right) / 2,
        }  # fmt: skip
        places = {s: (left + way, low, right + way, high) for s, way in ways.items()}
        free = [
            side
            for side, box in places.items()
            if not any(_meet(box, label) for label in labels)
        ]
        clear = [side for side in free if not _crossed(places[side], curves)]
        best = [*clear, *free, "l"][0]
        if best != "l":
            moved[thing["name"]] = best
    return moved


def _crossed(title: Box, curves: Sequence[Floats]) -> bool:
    """Whether an edge runs through a title."""
    return any(reached(curve, np.array([title])).any() for curve in curves)


def _meet(a: Box, b: Box) -> bool:
    apart = a[0] > b[2] + CLEAR or b[0] > a[2] + CLEAR
    return not (apart or a[1] > b[3] + CLEAR or b[1] > a[3] + CLEAR)
