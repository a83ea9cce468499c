"""Bézier curves of edges, as Graphviz has them: a point, and three for each part."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
_BERNSTEIN = np.array(
    [[1, 0, 0, 0], [-3, 3, 0, 0], [3, -6, 3, 0], [-1, 3, -3, 1]], float
)


def polyline(points: Floats) -> Floats:
    """Return a curve along straight lines from each point to the next."""
    steps = np.diff(points, axis=0)[:, None] * np.array([[1 / 3], [2 / 3], [1]])
    return np.concatenate([points[:1], (points[:-1, None] + steps).reshape(-1, 2)])


def parts(curve: Floats) -> Iterator[Floats]:
    """Yield the cubic parts of a curve of 3 n + 1 points, each with its four."""
    for at in range(0, len(curve) - 1, 3):
        yield curve[at : at + 4]


def points_at(part: Floats, times: Floats) -> Floats:
    """Return the points of a cubic part at some times from 0 to 1."""
    powers = times[:, None] ** np.arange(4)
    found: Floats = powers @ _BERNSTEIN @ part
    return found


def sampled(curve: Floats, step: float) -> Floats:
    """Return points of a curve that are about a step apart, with both ends."""
    found = [curve[:1]]
    for part in parts(curve):
        length = np.linalg.norm(np.diff(part, axis=0), axis=1).sum()
        count = max(math.ceil(length / step), 1)
        found.append(points_at(part, np.linspace(0, 1, count + 1)[1:]))
    return np.concatenate(found)


def between(part: Floats, begin: float, end: float) -> Floats:
    """Return what a cubic part is from one time to another, as four points."""
    times = [[begin] * (3 - k) + [end] * k for k in range(4)]
    return np.array([_blossom(part, each) for each in times])


def _blossom(points: Floats, times: Sequence[float]) -> Floats:
    """Return de Casteljau's point, with a time for each of his steps."""
    for time in times:
        points = points[:-1] + time * (points[1:] - points[:-1])
    first: Floats = points[0]
    return first
