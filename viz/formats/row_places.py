"""The places of rows: each is laid out by itself, and they stand below one another.

An edge to another row ends at the end of its own, where it turns, runs through the
gutter below it, where its label is, and into the other row from the beginning.

Places are reckoned along the rows and across them, whichever way they run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import graphviz

from chainrule.kinds.theme import Theme
from chainrule.viz.formats.courses import (
    Course,
    Point,
    Turning,
    numbers_of,
    point_of,
)
from chainrule.viz.formats.dot_attributes import link_attributes
from chainrule.viz.formats.html_labels import as_label, table
from chainrule.viz.formats.interruptions import interrupted
from chainrule.viz.formats.render import render
from chainrule.viz.formats.rows import LEAVES
from chainrule.viz.scene import Link, Scene

LANE = 8.0
"""Points between two edges side by side."""
GAP = 9.0
"""Points between two rows, beside the edges there."""
_NEAR: Sequence[Mapping[str, str]] = (
    {"ranksep": "0.2", "nodesep": "0.15"},
    {"ranksep": "0.12", "nodesep": "0.1"},
)
"""Inches between blocks of columns, and of rows."""


@dataclass(frozen=True)
class Stack:
    """Where everything stands, as attributes of DOT.

    Attributes:
        blocks: id of a block → its place.
        frames: for each row, name of a frame → its place.
        links: id of an edge → its course.
    """

    blocks: Mapping[str, dict[str, str]]
    frames: Sequence[Mapping[str, dict[str, str]]]
    links: Mapping[str, dict[str, str]]

    @classmethod
    def of(cls, layout: Mapping[str, Any]) -> Stack:
        """Return where everything stands that Graphviz has laid out in one row.

        Args:
            layout: what it has written as JSON.
        """
        things = layout.get("objects", [])
        frames = {
            thing["name"]: {key: thing[key] for key in ("bb", "lp") if key in thing}
            for thing in things
            if "bb" in thing
        }
        blocks = {x["name"]: {"pos": x["pos"]} for x in things if "pos" in x}
        return cls(blocks, [frames], interrupted(layout))

    def interrupted(self, layout: Mapping[str, Any]) -> Stack:
        """Return the same places with lines that end where a label stands."""
        gaps = interrupted(layout)
        links = {
            name: {**look, **gaps.get(name, {})} for name, look in self.links.items()
        }
        return replace(self, links=links)


def row_scenes(scene: Scene) -> list[Scene]:
    """Return the scene of each row, with the edges inside it."""
    begun: set[tuple[str, ...]] = set()
    found = []
    for ids in map(set, scene.rows):
        blocks = [block for block in scene.blocks if block.id in ids]
        links = [k for k in scene.links if {k.tail, k.head} <= ids]
        inside = {b.cluster[:at] for b in blocks for at in range(len(b.cluster) + 1)}
        clusters = {
            path: f"… {name}" if path in begun else name
            for path, name in scene.clusters.items()
            if path in inside
        }
        begun |= inside
        found.append(
            replace(scene, blocks=blocks, links=links, clusters=clusters, rows=())
        )
    return found


def entering(scene: Scene) -> set[str]:
    """Return the edges from a leaf into a frame that begins with what they lead to.

    A leaf before such a frame needs no room above it.
    """
    block = {b.id: b for b in scene.blocks}
    links = list(zip(scene.links, scene.link_ids(), strict=True))
    behind = {
        link.head
        for link, _ in links
        if block[link.tail].kind not in LEAVES
        and block[link.head].cluster[:1] == block[link.tail].cluster[:1]
    }
    return {
        identity
        for link, identity in links
        if block[link.tail].kind in LEAVES
        and not block[link.tail].cluster
        and block[link.head].cluster
        and link.head not in behind
    }


def stacked(
    scene: Scene,
    parts: Sequence[Scene],
    rows: Sequence[graphviz.Digraph],
    theme: Theme,
) -> Stack:
    """Find places for everything in a scene.

    Args:
        scene: what is drawn.
        parts: its rows, from `row_scenes`.
        rows: the rows as graphs, without the edges from one to another.
        theme: how it looks.
    """
    row_of = {identity: n for n, ids in enumerate(scene.rows) for identity in ids}
    turns = [
        _Turn(link, identity, row_of[link.tail], row_of[link.head])
        for link, identity in zip(scene.links, scene.link_ids(), strict=True)
        if row_of[link.tail] != row_of[link.head]
    ]
    for number, (dot, part) in enumerate(zip(rows, parts, strict=True)):
        _add_ends(dot, part, turns, number, theme)
    laid = [_Row.of(dot, scene.rankdir) for dot in rows]
    sizes = _label_sizes(turns, theme, scene.rankdir)
    labels = {
        turn.id: turn.label(theme, scene.rankdir) for turn in turns if turn.link.lines
    }
    return _Stacking(scene.rankdir, laid, turns, sizes, labels).stack()


@dataclass(frozen=True)
class _Turn:
    """An edge from one row to another."""

    link: Link
    id: str
    tail: int
    head: int

    def label(self, theme: Theme, rankdir: str) -> str:
        """Return its label, in one line where it runs along one."""
        flat = rankdir in ("LR", "RL")
        return as_label(table(self.link.lines, theme, in_line=flat))

    @property
    def out(self) -> str:
        return f"out {self.id}"

    @property
    def into(self) -> str:
        return f"into {self.id}"


def _add_ends(
    dot: graphviz.Digraph, part: Scene, turns: Sequence[_Turn], row: int, theme: Theme
) -> None:
    """Add what edges to and from other rows end at: points at the ends of a row."""
    dot.attr(**_NEAR[part.rankdir in ("LR", "RL")])
    out = [turn for turn in turns if turn.tail == row]
    into = [turn for turn in turns if turn.head == row]
    for names in ([turn.out for turn in out], [turn.into for turn in into]):
        with dot.subgraph() as ends:
            ends.attr(rank="same")
            for name in names:
                ends.node(name, shape="point", width="0", height="0", style="invis")
    for turn in out:
        look = _without_label(turn, theme)
        dot.edge(turn.link.tail, turn.out, **{**look, "id": turn.out})
    for turn in into:
        look = _without_label(turn, theme)
        dot.edge(turn.into, turn.link.head, **{**look, "id": turn.into})
    begun, ended = ({k.head for k in part.links}, {k.tail for k in part.links})
    for block in part.blocks:  # nothing stands beyond the ends
        if into and block.id not in begun:
            dot.edge(into[0].into, block.id, style="invis", weight="0")
        if out and block.id not in ended:
            dot.edge(block.id, out[0].out, style="invis", weight="0")


def _without_label(turn: _Turn, theme: Theme) -> dict[str, str]:
    look = link_attributes(turn.link, turn.id, theme)
    return {name: value for name, value in look.items() if name != "label"}


def _label_sizes(
    turns: Sequence[_Turn], theme: Theme, rankdir: str
) -> dict[str, tuple[float, float]]:
    """Return how long and how high the labels of edges between rows are."""
    dot = graphviz.Digraph(node_attr={"shape": "plain", "fontname": theme.font})
    for turn in turns:
        if turn.link.lines:
            dot.node(turn.id, label=turn.label(theme, rankdir))
    found = {}
    for thing in json.loads(render(dot.source, "json0")).get("objects", []):
        size = 72 * float(thing["width"]), 72 * float(thing["height"])
        found[thing["name"]] = size if rankdir in ("LR", "RL") else size[::-1]
    return found


@dataclass(frozen=True)
class _Row:
    """A row as Graphviz has laid it out; places are along it and across it.

    Attributes:
        length, height: how large it is.
        blocks, frames: name → place.
        edges: id → its course.
    """

    length: float
    height: float
    blocks: Mapping[str, Point]
    frames: Mapping[str, tuple[Point, Point, Point]]
    edges: Mapping[str, Course]

    @classmethod
    def of(cls, dot: graphviz.Digraph, rankdir: str) -> _Row:
        layout = json.loads(render(dot.source, "json0"))
        left, low, right, high = numbers_of(layout["bb"])
        size = right - left, high - low
        turned = Turning(rankdir, left, low, right, high)
        blocks, frames = {}, {}
        for thing in layout.get("objects", []):
            if "bb" in thing:
                a, b, c, d = numbers_of(thing["bb"])
                corners = turned((a, b)), turned((c, d)), turned(point_of(thing["lp"]))
                frames[thing["name"]] = corners
            elif "pos" in thing:
                blocks[thing["name"]] = turned(point_of(thing["pos"]))
        edges = {
            edge["id"]: Course.of(edge, turned)
            for edge in layout.get("edges", [])
            if "id" in edge
        }
        length, height = size if rankdir in ("LR", "RL") else size[::-1]
        return cls(length, height, blocks, frames, edges)


@dataclass(frozen=True)
class _Stacking:
    """Puts rows below one another, and leads edges from one to another."""

    rankdir: str
    rows: Sequence[_Row]
    turns: Sequence[_Turn]
    sizes: Mapping[str, tuple[float, float]]
    labels: Mapping[str, str]

    def stack(self) -> Stack:
        """Return where everything stands."""
        slots = [self._slots(row) for row in range(len(self.rows))]
        lanes = self._lanes(slots)
        begin = LANE * (max(lanes.values(), default=0) + 1)
        tops = [0.0]
        for row, below in zip(self.rows, slots, strict=True):
            used = sum(self._across(turn) for turn in below)
            tops.append(tops[-1] + row.height + GAP + used)
        turning = Turning(self.rankdir)
        blocks: dict[str, dict[str, str]] = {}
        frames: list[dict[str, dict[str, str]]] = []
        courses: dict[str, Course] = {}
        for row, top in zip(self.rows, tops, strict=False):
            frames.append({})
            for name, (a, c) in row.blocks.items():
                blocks[name] = {"pos": turning.back((a + begin, c + top))}
            for name, places in row.frames.items():
                one, two, label = (
                    turning.back((a + begin, c + top)) for a, c in places
                )
                frames[-1][name] = {"bb": _box(one, two), "lp": label}
            for name, course in row.edges.items():
                courses[name] = course.moved(begin, top)
        for number, below in enumerate(slots):
            level = tops[number] + self.rows[number].height + GAP / 2
            sizes = [self.sizes.get(turn.id, (0.0, 0.0)) for turn in below]
            far = begin + max([self.rows[number].length, *(long for long, _ in sizes)])
            for place, (turn, (_, high)) in enumerate(zip(below, sizes, strict=True)):
                right = far + LANE * (place + 0.5)
                left = begin - LANE * (lanes[turn.id] + 0.5)
                out, into = courses[turn.out], courses[turn.into]
                course = out.joined(into, right, left, level)
                if high:
                    middle = (begin + far) / 2, level + high / 2 + 2
                    course = replace(course, label=middle)
                courses[turn.id] = course
                level += self._across(turn)
        links = {name: course.attributes(turning) for name, course in courses.items()}
        for name, label in self.labels.items():
            links[name]["label"] = label
        return Stack(blocks, frames, links)

    def _across(self, turn: _Turn) -> float:
        """Return how much of the gutter an edge needs."""
        return self.sizes[turn.id][1] + 4 if turn.id in self.sizes else LANE

    def _slots(self, row: int) -> list[_Turn]:
        """Return the edges in the gutter below a row, the inmost first."""
        here = [turn for turn in self.turns if turn.tail == row]
        return sorted(here, key=lambda turn: -self.rows[row].blocks[turn.out][1])

    def _lanes(self, slots: Sequence[Sequence[_Turn]]) -> dict[str, int]:
        """Return how far outside each edge runs to the row that it leads to."""
        lanes: dict[str, int] = {}
        for below in slots:
            near = [turn for turn in below if turn.head == turn.tail + 1]
            for place, turn in enumerate(reversed(near)):
                lanes[turn.id] = place
        outside = max(lanes.values(), default=-1) + 1
        far = [turn for below in slots for turn in below if turn.id not in lanes]
        return lanes | {turn.id: outside + n for n, turn in enumerate(far)}


def _box(one: str, two: str) -> str:
    """Return a box by two of its corners, the lower left one first."""
    pairs = zip(numbers_of(one), numbers_of(two), strict=True)
    (left, right), (low, high) = map(sorted, pairs)
    return f"{left:.2f},{low:.2f},{right:.2f},{high:.2f}"
