"""Weights written between columns of units, so that none covers another.

The labels of the weights that leave a unit stand in one band between the columns; two
units share it where labels stand below each other. Within a band they are as far apart
as the units that the edges lead to, a little less. So the gap between columns is as
wide as its bands, and units are as far apart as their labels need.
"""

from __future__ import annotations

import itertools
import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from chainrule.viz.scene import Line, Link, Scene
from chainrule.viz.text import Plain

POINTS_A_CHARACTER, POINTS_A_LINE = 5.6, 15.0
"""How large a label is, a little more than it needs."""
CLOSE, FREE = 3.0, -12.0
"""Points by which labels may seem to cover each other, as they are a little smaller;
and by which they must be apart where edges are curved and take them along."""
WIDER, TRIES = 1.25, 6
"""How much more room labels get that cover each other, and how often."""
PAD = 6.0
"""Points between a label and a unit, or between two bands."""
FEW = 4
"""Up to so many units share bands two by two, where labels stand below each other."""
APART = 5.3
"""Heights of a label between units, so that labels of two units fit in one band."""
NEARER = 0.4
"""Part of the way from a unit at which its labels stand at most: further from it, those
of edges that cross would meet."""
LABEL_DISTANCE = 10.0
"""Points that Graphviz' labeldistance counts in."""


@dataclass(frozen=True)
class Gaps:
    """Room between units, in inches, and where the labels of edges stand.

    Attributes:
        nodesep: between units of one column.
        ranksep: between columns.
        distance: index of a link → Graphviz' labeldistance.
    """

    nodesep: float = 0.3
    ranksep: float = 1.6
    distance: Mapping[int, float] = field(default_factory=dict)

    def wider(self) -> Gaps:
        """Return more room, without the places of labels."""
        return Gaps(self.nodesep * WIDER, self.ranksep * WIDER)


def roomy(scene: Scene, layout: str, gaps: Gaps, scale: float) -> Gaps:
    """Return the room that labels need, from a layout of the units without it.

    Args:
        scene: columns of units.
        layout: Graphviz' ``json0``.
        gaps: the room there is in it.
        scale: what sizes of text are multiplied by.
    """
    groups = _labelled(scene)
    if not groups:
        return gaps
    size = _sizes(layout)
    across = scene.rankdir in ("TB", "BT")
    along_gap, apart = 0.0, 0.0
    for links in groups.values():
        wide, high = _extent([link for _, link in links], scale)
        along, beside = (high, wide) if across else (wide, high)
        tails = {link.tail for _, link in links}
        heads = {link.head for _, link in links}
        bands = (
            math.ceil(len(tails) / _a_band(across, len(tails))) * (along + PAD) + PAD
        )
        free = bands if across else 2 * PAD
        along_gap = max(along_gap, bands + free)
        radius = max(size[head][1 if across else 0] for head in heads) / 2
        total = bands + free + 2 * radius
        last = (radius + bands - along / 2) / total
        if not across:
            apart = max(apart, APART * beside)
            if len(tails) > 1 and len(heads) > 1:
                near = min(size[tail][0] for tail in tails) / 2
                first = radius + PAD + along / 2
                along_gap = max(along_gap, first / NEARER - radius - near)
        elif len(heads) > 1:
            apart = max(apart, (beside + PAD) / max(1 - last, 0.2))
    units = [b.id for b in scene.blocks if b.kind != "constant"]
    thick = min(size[unit][0 if across else 1] for unit in units)
    return Gaps(max(0.4, (apart - thick) / 72), along_gap / 72)


def placed(scene: Scene, layout: str, gaps: Gaps, scale: float) -> Gaps:
    """Return the same room with the places of labels, from the final layout."""
    place, size = _places(layout), _sizes(layout)
    across = scene.rankdir in ("TB", "BT")
    axis = 1 if across else 0
    distance: dict[int, float] = {}
    for links in _labelled(scene).values():
        along = _extent([link for _, link in links], scale)[axis]
        tails = sorted(
            {link.tail for _, link in links}, key=lambda t: place[t][1 - axis]
        )
        radius = max(size[link.head][axis] for _, link in links) / 2
        for index, link in links:
            head, tail = place[link.head], place[link.tail]
            way = math.dist(head, tail)
            band = tails.index(link.tail) // _a_band(across, len(tails))
            step = radius + PAD + (band + 0.5) * (along + PAD)
            from_center = way * step / abs(head[axis] - tail[axis])
            inside = min(size[link.head]) / 2
            distance[index] = max((from_center - inside) / LABEL_DISTANCE, 0.0)
    return Gaps(gaps.nodesep, gaps.ranksep, distance)


def crowded(scene: Scene, layout: str, gaps: Gaps, scale: float) -> bool:
    """Whether labels would cover each other, or a unit, where they have been placed."""
    place, size = _places(layout), _sizes(layout)
    labels: list[tuple[float, float, float, float]] = []
    for links in _labelled(scene).values():
        for index, link in links:
            (x, y), (tail_x, tail_y) = place[link.head], place[link.tail]
            wide, high = _extent([link], scale)
            way = math.dist((x, y), (tail_x, tail_y))
            part = min(size[link.head]) / 2 + LABEL_DISTANCE * gaps.distance[index]
            x, y = x + (tail_x - x) * part / way, y + (tail_y - y) * part / way
            labels.append((x, y, wide / 2, high / 2))
    units = [(*place[unit], *(min(size[unit]) / 2.2,) * 2) for unit in size]
    close = FREE if has_skips(scene) else CLOSE
    pairs = [*itertools.combinations(labels, 2), *itertools.product(labels, units)]
    return any(
        all(abs(a[k] - b[k]) < a[k + 2] + b[k + 2] - close for k in (0, 1))
        for a, b in pairs
    )


def has_skips(scene: Scene) -> bool:
    """Whether an edge passes by a column of units."""
    rank = {block.id: block.rank or 0 for block in scene.blocks}
    return any(abs(rank[k.head] - rank[k.tail]) > 1 for k in scene.links)


def without_labels(scene: Scene) -> Scene:
    """Return a scene whose weights stand in tooltips, as there is no room for them."""
    links = [
        link if link.weight is None else replace(link, lines=()) for link in scene.links
    ]
    told = Line(Plain("no room for the weights: they are in the tooltips"), "note")
    return replace(scene, links=links, caption=[*scene.caption, told])


def _a_band(across: bool, tails: int) -> int:
    """Return how many units share a band; labels are wide, and not high."""
    return 1 if across or tails > FEW else 2


def _labelled(scene: Scene) -> dict[tuple[int, int], list[tuple[int, Link]]]:
    """Return the links with a label, with their index, for each pair of columns."""
    rank = {block.id: block.rank for block in scene.blocks}
    groups: dict[tuple[int, int], list[tuple[int, Link]]] = defaultdict(list)
    for index, link in enumerate(scene.links):
        tail, head = rank[link.tail], rank[link.head]
        if link.weight is not None and link.lines and tail is not None:
            assert head is not None
            groups[tail, head].append((index, link))
    return groups


def _extent(links: Sequence[Link], scale: float) -> tuple[float, float]:
    """Return the width and the height of the largest of some labels, in points."""
    longest = max(len(n.text.unicode()) for link in links for n in link.lines)
    lines = max(len(link.lines) for link in links)
    return longest * POINTS_A_CHARACTER * scale, lines * POINTS_A_LINE * scale


def _sizes(layout: str) -> dict[str, tuple[float, float]]:
    """Return the width and the height of each unit, in points."""
    return {
        thing["name"]: (72 * float(thing["width"]), 72 * float(thing["height"]))
        for thing in json.loads(layout).get("objects", [])
        if "width" in thing
    }


def _places(layout: str) -> dict[str, tuple[float, float]]:
    """Return the middle of each unit, in points."""
    places = {}
    for thing in json.loads(layout).get("objects", []):
        if "pos" in thing:
            x, y = map(float, thing["pos"].split(","))
            places[thing["name"]] = (x, y)
    return places
