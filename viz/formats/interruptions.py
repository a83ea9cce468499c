"""Lines that are interrupted where a label stands, their own or that of another edge.

Graphviz draws the label of an edge together with its line, so that whatever is drawn
later runs through it, and a colour behind a label hides nothing of that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.viz.formats.curves import (
    Floats,
    between,
    parts,
    points_at,
    sampled,
)
from chainrule.viz.formats.text_boxes import Box, around, text_boxes

TOUCH = 1.0
"""Points of the room around a label that a line may touch."""
BESIDE, ABOVE = 2.5, 0.5
"""Points that are free beside a label, and above and below it, where a line ends."""
_ROOM = np.array([-BESIDE, -ABOVE, BESIDE, ABOVE])
SHORTEST = 3.0
"""Points of a line between two labels; a shorter one is left out."""
_TIMES = np.linspace(0, 1, 1001)
_PLACES = ("lp", "head_lp")
_NOTHING: Mapping[str, Any] = {}


def is_crossed(layout: Mapping[str, Any]) -> bool:
    """Whether the line of an edge crosses a label, or the title of a frame.

    Args:
        layout: what Graphviz has written as JSON.
    """
    labels = _labels(layout, _NOTHING)
    return any(reached(curve, labels).any() for curve in drawn_curves(layout).values())


def interrupted(
    layout: Mapping[str, Any],
    course: Mapping[str, Floats] = _NOTHING,
    away: Mapping[str, float] = _NOTHING,
) -> dict[str, dict[str, str]]:
    """Return the courses of edges with gaps: id of an edge → attributes of DOT.

    Args:
        layout: what Graphviz has written as JSON.
        course: id of an edge → its curve, where that is another.
        away: id of an edge → how far back from its end, along it, its label stands.
    """
    curves = drawn_curves(layout) | dict(course)
    middles = {name: _back(curves[name], far) for name, far in away.items()}
    labels = _labels(layout, middles)
    found = {}
    for edge in layout.get("edges", []):
        if (name := edge.get("id")) is None:
            continue
        tips = "" if name in course else edge["pos"]
        crossing = labels[reached(curves[name], labels)]
        found[name] = {"pos": _with_gaps(curves[name], tips, crossing)}
        found[name] |= {key: edge[key] for key in _PLACES if key in edge}
        if name in middles:
            found[name]["head_lp"] = _written(middles[name])
    return found


def drawn_curves(layout: Mapping[str, Any]) -> dict[str, Floats]:
    """Return the curves of edges, without their tips: id → curve."""
    return {e["id"]: _curve(e["pos"]) for e in layout.get("edges", []) if "id" in e}


def _labels(layout: Mapping[str, Any], middles: Mapping[str, Floats]) -> Floats:
    """Return the boxes of labels of edges, which may be moved, and titles of frames."""
    found: list[Box] = []
    for thing in (*layout.get("objects", []), *layout.get("edges", [])):
        if "pos" in thing and "head" not in thing:
            continue  # a node
        if boxes := list(text_boxes(thing)):
            left, low, right, high = around(boxes)
            x, y = 0.0, 0.0
            if (middle := middles.get(thing.get("id"))) is not None:
                x, y = middle - np.array(thing["head_lp"].split(","), float)
            found.append((left + x, low + y, right + x, high + y))
    return np.array(found).reshape(-1, 4)


def reached(curve: Floats, labels: Floats) -> npt.NDArray[np.bool_]:
    """Return which labels a line reaches into, or comes too near to."""
    x, y = sampled(curve, 1.0).T[..., None]
    left, low, right, high = (labels + _ROOM).T
    inside = np.minimum.reduce([x - left, right - x, y - low, high - y])
    crosses: npt.NDArray[np.bool_] = (inside > TOUCH).any(axis=0)
    return crosses


def _curve(position: str) -> Floats:
    """Return the curve of an edge, as Graphviz writes it, without its tips."""
    points = [word.split(",") for word in position.split() if word[0] not in "se"]
    return np.array(points, float)


def _written(point: Floats) -> str:
    return f"{point[0]:.2f},{point[1]:.2f}"


def _back(curve: Floats, away: float) -> Floats:
    """Return the point of a curve that is so far along it from its end."""
    points = sampled(curve, 0.5)[::-1]
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    at = int(np.searchsorted(np.cumsum(steps), away))
    found: Floats = points[min(at, len(points) - 1)]
    return found


def _with_gaps(curve: Floats, position: str, labels: Floats) -> str:
    """Return a curve for Graphviz without what labels cover, with tips as they were."""
    pieces = [piece for part in parts(curve) for piece in _free(part, labels)]
    joined = list(_joined(pieces))
    long = [piece for piece in joined if np.ptp(piece, axis=0).max() >= SHORTEST]
    drawn = [" ".join(map(_written, piece)) for piece in long or joined]
    for tip in position.split():
        if tip[0] in "se":
            at = 0 if tip[0] == "s" else -1
            drawn[at] = f"{tip} {drawn[at]}"
    return ";".join(drawn)


def _free(part: Floats, labels: Floats) -> Iterator[Floats]:
    """Yield the pieces of a cubic part that are outside of all labels."""
    x, y = points_at(part, _TIMES).T[..., None]
    left, low, right, high = (labels + _ROOM).T
    inside = ((x > left) & (x < right) & (y > low) & (y < high)).any(axis=1)
    for begin, end in _runs(~inside):
        yield between(part, _TIMES[begin], _TIMES[end])


def _runs(free: npt.NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last place of each run that is free."""
    steps = np.diff(np.concatenate([[False], free, [False]]).astype(int))
    begins, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1) - 1
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        if end > begin:
            yield begin, end


def _joined(pieces: Sequence[Floats]) -> Iterator[Floats]:
    """Yield pieces, those in one that meet."""
    whole: Floats | None = None
    for piece in pieces:
        if whole is not None and np.allclose(whole[-1], piece[0], atol=1e-6):
            whole = np.concatenate([whole, piece[1:]])
            continue
        if whole is not None:
            yield whole
        whole = piece
    if whole is not None:
        yield whole
