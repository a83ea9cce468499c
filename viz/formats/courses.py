"""Courses of edges, and how they turn; places along the rows and across them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

CORNER = 7.0
"""The radius of a turn, in points."""
_ROUND = 0.55
"""How far the handles of a Bézier curve reach that is nearly a circle's quarter."""

Point: TypeAlias = tuple[float, float]


@dataclass(frozen=True)
class Turning:
    """Between places on a page, and those along and across the rows."""

    rankdir: str
    left: float = 0.0
    low: float = 0.0
    right: float = 0.0
    high: float = 0.0

    def __call__(self, place: Point) -> Point:
        """Return a place on the page as one along and across."""
        x, y = place
        return {
            "LR": (x - self.left, self.high - y),
            "RL": (self.right - x, self.high - y),
            "TB": (self.high - y, x - self.left),
            "BT": (y - self.low, x - self.left),
        }[self.rankdir]

    def back(self, place: Point) -> str:
        """Return a place along and across as one on the page."""
        a, c = place
        x, y = {"LR": (a, -c), "RL": (-a, -c), "TB": (c, -a), "BT": (c, a)}[
            self.rankdir
        ]
        return f"{x:.2f},{y:.2f}"


@dataclass(frozen=True)
class Course:
    """The course of an edge: a Bézier curve, where its arrow ends, its label."""

    points: tuple[Point, ...]
    start: Point | None = None
    end: Point | None = None
    label: Point | None = None

    @classmethod
    def of(cls, edge: Mapping[str, Any], turned: Turning) -> Course:
        """Return the course of an edge that Graphviz has written as JSON."""
        points, ends = [], dict.fromkeys("se")
        for word in edge["pos"].split():
            if word[0] in "se":
                ends[word[0]] = turned(point_of(word[2:]))
            else:
                points.append(turned(point_of(word)))
        label = turned(point_of(edge["lp"])) if "lp" in edge else None
        return cls(tuple(points), ends["s"], ends["e"], label)

    def moved(self, along: float, across: float) -> Course:
        """Return the course in another place."""

        def there(place: Point | None) -> Any:
            return place and (place[0] + along, place[1] + across)

        points = tuple(map(there, self.points))
        return Course(points, *map(there, (self.start, self.end, self.label)))

    def joined(self, into: Course, right: float, left: float, level: float) -> Course:
        """Join the course to the end of a row with one from the beginning of another.

        Args:
            into: the course in the other row.
            right: where the edge turns at the end of its row.
            left: where it turns at the beginning of the other.
            level: how far down it runs back from one to the other.
        """
        (a, c), (b, d) = self.points[-1], into.points[0]
        way = [(a, c), (right, c), (right, level), (left, level), (left, d), (b, d)]
        points = (*self.points, *_rounded(way), *into.points[1:])
        return Course(points, self.start, into.end)

    def attributes(self, turning: Turning) -> dict[str, str]:
        """Return the attributes of DOT that lay an edge so."""
        ends = {"s": self.start, "e": self.end}
        words = [f"{k},{turning.back(place)}" for k, place in ends.items() if place]
        words += map(turning.back, self.points)
        label = {} if self.label is None else {"lp": turning.back(self.label)}
        return {"pos": " ".join(words)} | label


def _rounded(way: Sequence[Point]) -> list[Point]:
    """Return the points behind the first of a Bézier curve along straight lines."""
    found: list[Point] = []
    at = way[0]
    for before, corner, behind in zip(way, way[1:], way[2:], strict=False):
        enter, leave = _toward(corner, before), _toward(corner, behind)
        found += [_between(at, enter, 1 / 3), _between(at, enter, 2 / 3), enter]
        found += [_between(enter, corner, _ROUND), _between(leave, corner, _ROUND)]
        found.append(leave)
        at = leave
    return [
        *found, _between(at, way[-1], 1 / 3), _between(at, way[-1], 2 / 3), way[-1],
    ]  # fmt: skip


def _toward(corner: Point, other: Point) -> Point:
    """Return the place near a corner where its turn begins or ends."""
    far = abs(other[0] - corner[0]) + abs(other[1] - corner[1])
    return _between(corner, other, min(CORNER / far, 0.5)) if far else corner


def _between(a: Point, b: Point, part: float) -> Point:
    return a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1])


def numbers_of(text: str) -> list[float]:
    """Return numbers that Graphviz has written with commas between them."""
    return [float(number) for number in text.split(",")]


def point_of(text: str) -> Point:
    """Return a place that Graphviz has written."""
    x, y = numbers_of(text)
    return x, y
