"""Reading a finished picture: what its SVG says, and where it says it.

Only the SVG is looked at. Graphviz writes a run of text for each change of font, and
every line of a label begins and ends with a thin space, so that the places of these
two are the ends of the line.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from chainrule.notation.characters import superscript
from chainrule.viz.formats.curves import Floats, sampled
from chainrule.viz.formats.svg import SVG, THIN, parse, text_lines
from chainrule.viz.proof.boxes import Box, Circle, around
from chainrule.viz.proof.numbers import is_value

NOWHERE = Box(0, 0, 0, 0)
_WIDE = 0.5
"""Width of a character of text that has no ends marked, in its size."""
STEP = 1.0
"""Points between two places on the line of an edge."""
NO_COURSE: Floats = np.empty((0, 2))
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_LINK = "{http://www.w3.org/1999/xlink}title"


@dataclass(frozen=True)
class Said:
    """One line of text on a picture."""

    words: str
    box: Box
    kind: str = ""
    """What kind of line it is, where the SVG says so: formula, value, gradient …"""


@dataclass(frozen=True)
class Shape:
    """A node on the picture: a box or a circle with text in it."""

    id: str
    marks: frozenset[str]
    outline: Box | Circle
    said: tuple[Said, ...]
    tip: str = ""

    @property
    def title(self) -> str:
        """The first line in it."""
        return self.said[0].words if self.said else ""

    def lines(self, *kinds: str) -> list[str]:
        """Return its lines of some kinds."""
        return [said.words for said in self.said if said.kind in kinds]


@dataclass(frozen=True)
class Arrow:
    """An edge on the picture; `tail` and `head` are the ids of the shapes it joins.

    A backward edge flows from `head` to `tail`. `course` has points of its line, a step
    of `STEP` from one to the next, and `tips` the corners of its arrowhead.
    """

    id: str
    tail: str
    head: str
    marks: frozenset[str]
    said: tuple[Said, ...] = ()
    tip: str = ""
    dashed: bool = False
    course: Floats = field(default_factory=lambda: NO_COURSE, compare=False)
    tips: Floats = field(default_factory=lambda: NO_COURSE, compare=False)

    @property
    def backward(self) -> bool:
        """Whether it is drawn against the flow of the values."""
        return "backward" in self.marks

    @property
    def lines(self) -> list[str]:
        """Its lines of text."""
        return [said.words for said in self.said]


@dataclass(frozen=True)
class Picture:
    """What an SVG says.

    Attributes:
        page: its size.
        shapes: the nodes, by their ids.
        arrows: the edges.
        frames: the titles of the boxes around nodes.
        caption: what stands below.
    """

    page: Box
    shapes: dict[str, Shape] = field(default_factory=dict)
    arrows: tuple[Arrow, ...] = ()
    frames: tuple[Said, ...] = ()
    caption: tuple[Said, ...] = ()


def read(svg: str) -> Picture:
    """Read an SVG that chainrule has written."""
    root = parse(svg)
    shapes: dict[str, Shape] = {}
    arrows: list[Arrow] = []
    frames: list[Said] = []
    caption: list[Said] = []
    page = NOWHERE
    for group in root.iter(_tag("g")):
        marks = frozenset((group.get("class") or "").split())
        identity = group.get("id") or ""
        if "graph" in marks:
            page = _page(root, group)
            caption = list(_said(_own_texts(group)))
        elif "cluster" in marks:
            frames += _said(_texts(group))
        elif "node" in marks:
            name = identity.removeprefix("node-")
            tip = _tip(group)
            said = _restored(_said(_texts(group)), tip)
            shapes[name] = Shape(name, marks, _shape_of(group), said, tip)
        elif "edge" in marks:
            arrows.append(_arrow(group, identity, marks))
    return Picture(page, shapes, tuple(arrows), tuple(frames), tuple(caption))


def _page(root: ET.Element, graph: ET.Element) -> Box:
    """Return the size of the page, in which the graph stands somewhere."""
    left, top, wide, high = map(float, (root.get("viewBox") or "0 0 0 0").split())
    *_, x, y = _NUMBER.findall(graph.get("transform") or "0 0")
    left, top = left - float(x), top - float(y)
    return Box(left, top, left + wide, top + high)


def _tag(name: str) -> str:
    return f"{{{SVG}}}{name}"


def _arrow(group: ET.Element, identity: str, marks: frozenset[str]) -> Arrow:
    title = group.findtext(_tag("title")) or ""
    tail, _, head = title.partition("->")
    lines, tip = list(group.iter(_tag("path"))), _tip(group)
    return Arrow(
        identity, tail.split(":")[0], head.split(":")[0], marks,
        _restored(_said(_texts(group)), tip), tip,
        any(line.get("stroke-dasharray") is not None for line in lines),
        _course(lines),
        _corners([*group.iter(_tag("polygon")), *group.iter(_tag("polyline"))]),
    )  # fmt: skip


def _corners(elements: Iterable[ET.Element]) -> Floats:
    """Return the corners of polygons."""
    found = [_NUMBER.findall(element.get("points") or "") for element in elements]
    return np.array([number for each in found for number in each], float).reshape(-1, 2)


def _course(lines: Iterable[ET.Element]) -> Floats:
    """Return points of Bézier curves, as Graphviz writes them: a start, and handles."""
    found = [NO_COURSE]
    for line in lines:
        for piece in (line.get("d") or "").split("M")[1:]:
            points = np.array(_NUMBER.findall(piece), float).reshape(-1, 2)
            found.append(sampled(points, STEP))
    return np.concatenate(found)


def _tip(group: ET.Element) -> str:
    found = (link.get(_LINK) for link in group.iter(_tag("a")))
    return next((tip for tip in found if tip), "")


def _restored(lines: Iterable[Said], tip: str) -> tuple[Said, ...]:
    """Return lines with those that are cut short as the tooltip has them in full."""
    _, *full = tip.split("\n")
    restored = []
    for said in lines:
        begin, cut, _ = said.words.partition("…")
        known = said.kind in ("", "formula", "gradient") and not is_value(said.words)
        if cut and known and full and full[0].startswith(begin):
            said = replace(said, words=full.pop(0))
        restored.append(said)
    return tuple(restored)


def _texts(group: ET.Element) -> list[ET.Element]:
    return list(group.iter(_tag("text")))


def _own_texts(group: ET.Element) -> list[ET.Element]:
    """Return the texts of the whole graph, without those of its parts."""
    found = []
    for child in group:
        if child.tag == _tag("text"):
            found.append(child)
        elif child.tag == _tag("g") and (child.get("id") or "").startswith("a_graph"):
            found += _texts(child)
    return found


def _said(texts: Sequence[ET.Element]) -> Iterator[Said]:
    """Read the lines of some text."""
    return map(_line, text_lines(texts))


def _line(runs: Sequence[ET.Element]) -> Said:
    words = "".join(map(_words, runs)).replace(THIN, "")
    first, last = runs[0], runs[-1]
    sizes = [float(run.get("font-size") or 12) for run in runs]
    y = float(first.get("y") or 0)
    left, right = (float(run.get("x") or 0) for run in (first, last))
    alone = len(runs) == 1
    right += _WIDE * sizes[-1] * len(words) if alone else 0.19 * sizes[-1]
    if alone and first.get("text-anchor") == "middle":
        half = (right - left) / 2
        left, right = left - half, right - half
    tall = max(sizes[1:-1] or sizes)
    kind = (first.get("class") or "").removeprefix("line ")
    return Said(words.strip(), Box(left, y - 0.8 * tall, right, y + 0.2 * tall), kind)


def _words(run: ET.Element) -> str:
    """Return the words of a run; small characters as a formula in one line has them."""
    words = run.text or ""
    shift = run.get("baseline-shift")
    if shift == "sub":
        return f"_{words}"
    if shift == "super":
        return superscript(words) or (f"^{words}" if words.isalnum() else f"^({words})")
    return words


def _shape_of(group: ET.Element) -> Box | Circle:
    round_one = group.find(f".//{_tag('ellipse')}")
    if round_one is not None:
        x, y, radius = (float(round_one.get(key) or 0) for key in ("cx", "cy", "rx"))
        return Circle(x, y, radius)
    drawn = [*group.iter(_tag("polygon")), *group.iter(_tag("path"))]
    boxes = [_outline(element) for element in drawn]
    return around(boxes or [said.box for said in _said(_texts(group))] or [NOWHERE])


def _outline(element: ET.Element) -> Box:
    """Return the box around a polygon or a path."""
    numbers = _NUMBER.findall(element.get("points") or element.get("d") or "0 0")
    places = [float(number) for number in numbers]
    return around(
        Box(x, y, x, y) for x, y in zip(places[::2], places[1::2], strict=True)
    )
