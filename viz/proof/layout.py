"""The places of labels: none covers another, a node or a title, or leaves the page."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from chainrule.viz.formats.curves import Floats
from chainrule.viz.proof.boxes import Box, around
from chainrule.viz.proof.finding import Finding
from chainrule.viz.proof.reading import Picture

TOUCH = 1.5
"""Points that two may share: their boxes are a little larger than what is drawn."""

APART = 9.0
"""Points between an edge and what it leads to: thick ones stay away."""


def check_layout(picture: Picture) -> Iterator[Finding]:
    """Check that nothing lies over something else, or leaves the page."""
    labels = [
        (arrow.lines[0], around(said.box for said in arrow.said))
        for arrow in picture.arrows
        if arrow.said
    ]
    labels += [(said.words, said.box) for said in picture.frames]
    labels += [(said.words, said.box) for said in picture.caption]
    shapes = [
        (shape.title or shape.id, shape.outline) for shape in picture.shapes.values()
    ]
    for (name, box), (other, place) in itertools.combinations(labels, 2):
        yield _clear(name, f"covers {other!r}", box.overlap(place))
    for (name, box), (other, outline) in itertools.product(labels, shapes):
        yield _clear(name, f"covers the node {other!r}", outline.overlap(box))
    for (name, outline), (other, second) in itertools.combinations(shapes, 2):
        yield _clear(name, f"covers the node {other!r}", outline.overlap(second.around))
    for name, box in [*labels, *((name, outline.around) for name, outline in shapes)]:
        yield _clear(name, "leaves the page", box.beyond(picture.page))
    for arrow, (name, box) in itertools.product(picture.arrows, labels):
        yield _clear(name, f"is crossed by {arrow.id}", _within(arrow.course, box))
    for arrow in picture.arrows:
        for name in (arrow.tail, arrow.head):
            shape = picture.shapes[name]
            drawn = np.concatenate([arrow.course, arrow.tips])
            off = _apart(drawn, shape.outline.around)
            what = f"ends {off:.0f} points from {shape.title!r}" * (off > APART)
            yield Finding("layout", arrow.id, what)
    for shape in picture.shapes.values():
        for said in shape.said:
            points = said.box.beyond(shape.outline.around)
            yield _clear(said.words, "leaves its node", points)


def _within(course: Floats, box: Box) -> float:
    """Return how far a line reaches into a box."""
    x, y = course.T
    sides = (x - box.left, box.right - x, y - box.top, box.bottom - y)
    return float(np.minimum.reduce(sides).max(initial=0.0))


def _apart(points: Floats, box: Box) -> float:
    """Return how far points stay away from a box."""
    x, y = points.T
    sides = (box.left - x, x - box.right, box.top - y, y - box.bottom)
    return float(np.maximum.reduce(sides).min(initial=np.inf))


def _clear(name: str, what: str, points: float) -> Finding:
    return Finding("layout", name, f"{what} by {points:.0f} points" * (points > TOUCH))
