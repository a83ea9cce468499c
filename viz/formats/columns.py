"""The places of units: columns side by side, as near as the weights between them allow.

All labels between two columns stand at one part of the way, or in steps, one for each
unit that they come from. Which, is found by trying; where no place is free, whatever
helps most grows: the way, or the room between the units of one of the columns.

Places are reckoned along the columns' order and across it, whichever way that runs.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from chainrule.viz.formats.crossings import crossings, moved
from chainrule.viz.formats.curves import Floats, polyline
from chainrule.viz.scene import Line, Link, Scene
from chainrule.viz.text import Plain

CHARACTER, SMALL, SPACE, LINE = 6.4, 4.2, 3.4, 14.5
"""Points that a character, a raised or lowered one and a space are wide, and a line is
high."""
PAD, BEND = 4.0, 8.0
"""Points between two labels, or a label and a unit; and more where edges are curved."""
BETWEEN, WAY = 12.0, 44.0
"""Points between two units of a column, and between two columns, at least."""
ROUNDS = 4
"""How often all columns are gone through at most: what grows for one pair moves the
labels of another."""
WAYS, SPREADS = 1.3 ** np.arange(9), 1.7 ** np.arange(6)
"""How much the way between columns may grow, and the room between units."""
PARTS = np.linspace(0.1, 0.9, 21)
"""Parts of the way at which labels may stand."""
ASPECT = 16 / 9
"""How much longer than wide a picture should be."""

_TURNS = {"LR": (1, -1), "RL": (-1, -1), "TB": (1, -1), "BT": (1, 1)}
"""Whether places along and across run to the right and up."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Places:
    """Where units and labels stand.

    Attributes:
        middle: id of a unit → the middle of it, in points.
        course: index of a link with a weight to the next column → its curve.
        label: index of a link → how far back from its end, along it, its label is.
        fits: whether no label covers anything.
    """

    middle: Mapping[str, Point]
    course: Mapping[int, Floats] = field(default_factory=dict)
    label: Mapping[int, float] = field(default_factory=dict)
    fits: bool = True


def placed(scene: Scene, sizes: Mapping[str, Point], scale: float) -> Places:
    """Find places for the units of columns, and for the weights between them.

    Args:
        scene: columns of units.
        sizes: id of a unit → its width and height in points.
        scale: what sizes of text are multiplied by.
    """
    upright = scene.rankdir in ("TB", "BT")
    turned = {name: size[::-1] if upright else size for name, size in sizes.items()}
    columns = _Columns(scene, turned, upright)
    gaps = _gaps(scene, upright, scale)
    fits = not gaps
    for _ in range(ROUNDS):
        if not fits:
            for gap in gaps:
                columns.make_room(gap)
            fits = all(map(columns.is_clear, gaps))
    right, up = _TURNS[scene.rankdir]

    def turned_back(points: Floats) -> Floats:
        x, y = points.T[::-1] if upright else points.T
        return np.stack([right * x, up * y], axis=-1)

    names, places = zip(*columns.middles().items(), strict=True)
    page = turned_back(np.array(places))
    corner = (page - np.array([sizes[name] for name in names]) / 2).min(axis=0)
    middle = {
        name: (x, y)
        for name, (x, y) in zip(names, (page - corner).tolist(), strict=True)
    }
    course = {
        index: polyline(turned_back(columns.way_of(link)) - corner)
        for index, link in enumerate(scene.links)
        if link.weight is not None and columns.are_next(link)
    }
    label = {i: at for gap in gaps for i, at in columns.labels(gap).items()}
    return Places(middle, course, label, fits)


@dataclass(frozen=True)
class _Gap:
    """The edges with labels from one column to another.

    Attributes:
        tail, head: the ranks of the columns.
        indices: which links they are.
        ends: the units that each joins.
        size: of each label, along and across.
    """

    tail: int
    head: int
    indices: Sequence[int]
    ends: Sequence[tuple[str, str]]
    size: Floats


class _Columns:
    """Columns of units, with the room between them, which can grow."""

    def __init__(self, scene: Scene, sizes: Mapping[str, Point], upright: bool) -> None:
        self.sizes, self.upright = sizes, upright
        tails, heads = ({x.tail for x in scene.links}, {x.head for x in scene.links})
        self.sources, self.sinks = tails - heads, heads - tails
        """The units that edges only leave, and those that they only enter."""
        self.units: dict[int, list[str]] = defaultdict(list)
        for block in sorted(scene.blocks, key=lambda b: "bias" not in b.marks):
            self.units[block.rank or 0].append(block.id)
        self.ranks = sorted(self.units)
        self.rank = {unit: r for r, units in self.units.items() for unit in units}
        self.between = dict.fromkeys(self.ranks, BETWEEN)
        self.way = dict.fromkeys(self.ranks, WAY)
        """The room behind each column."""

    def middles(self) -> dict[str, Point]:
        """Return the middle of each unit, along and across."""
        found: dict[str, Point] = {}
        x = 0.0
        for rank in self.ranks:
            units = self.units[rank]
            wide = max(self.sizes[unit][0] for unit in units)
            high = sum(self.sizes[unit][1] for unit in units)
            y = -(high + self.between[rank] * (len(units) - 1)) / 2
            for unit in units:
                own, high = self.sizes[unit]
                off = wide / 2
                if unit in self.sources | self.sinks:
                    off = own / 2 if unit in self.sinks else wide - own / 2
                found[unit] = x + off, y + high / 2
                y += high + self.between[rank]
            x += wide + self.way[rank]
        return found

    def sides(self) -> dict[int, Point]:
        """Return where each column begins and ends."""
        found = {}
        x = 0.0
        for rank in self.ranks:
            wide = max(self.sizes[unit][0] for unit in self.units[rank])
            found[rank] = x, x + wide
            x += wide + self.way[rank]
        return found

    def are_next(self, link: Link) -> bool:
        """Whether an edge leads to the next column."""
        ranks = self.rank[link.tail], self.rank[link.head]
        return ranks in itertools.pairwise(self.ranks)

    def way_of(self, link: Link) -> Floats:
        """Return the corners of an edge, which is straight between two columns.

        Beside a wide unit, a narrow one stands back from the side of its column.
        """
        middles, sides = self.middles(), self.sides()
        (x, y), (end_x, end_y) = middles[link.tail], middles[link.head]
        return np.array(
            [
                (x + self.sizes[link.tail][0] / 2, y),
                (sides[self.rank[link.tail]][1], y),
                (sides[self.rank[link.head]][0], end_y),
                (end_x - self.sizes[link.head][0] / 2, end_y),
            ]
        )

    def is_clear(self, gap: _Gap) -> bool:
        """Whether the labels of a gap cover nothing."""
        return not self._tried(gap)[1].min()

    def make_room(self, gap: _Gap) -> None:
        """Let columns grow, as little as possible, until the labels of a gap have room.

        Where that is not enough, they stay as they are.
        """
        behind = self.ranks[self.ranks.index(gap.head) - 1]
        ends = [r for r in (gap.tail, gap.head) if len(self.units[r]) > 1]
        before = dict(self.way), dict(self.between)
        tried = []
        for way, *spread in itertools.product(WAYS, *(SPREADS for _ in ends)):
            self._grow(before, behind, way, ends, spread)
            tried.append((self._cost(), way, spread))
        for _, way, spread in sorted(tried):
            self._grow(before, behind, way, ends, spread)
            if self.is_clear(gap):
                return
        self.way, self.between = before

    def _grow(
        self,
        before: tuple[dict[int, float], dict[int, float]],
        behind: int,
        way: float,
        ends: Sequence[int],
        spread: Sequence[float],
    ) -> None:
        self.way, self.between = map(dict, before)
        self.way[behind] *= way
        for rank, more in zip(ends, spread, strict=True):
            self.between[rank] *= more

    def _cost(self) -> float:
        """Return how large a picture of the right aspect must be."""
        long = high = 0.0
        for rank in self.ranks:
            sizes = [self.sizes[unit] for unit in self.units[rank]]
            long += self.way[rank] + max(size[0] for size in sizes)
            own = sum(size[1] for size in sizes) + self.between[rank] * (len(sizes) - 1)
            high = max(high, own)
        wide = (long, high)[:: -1 if self.upright else 1]
        return max(wide[0] / ASPECT, wide[1]) + 0.1 * sum(wide)

    def labels(self, gap: _Gap) -> dict[int, float]:
        """Return how far from the end of its edge each label of a gap is."""
        tried, covered = self._tried(gap)
        tails, heads = self._ends(gap)
        crossed = crossings(tried, gap.size, tails, heads).sum(axis=-1)
        best = np.lexsort((crossed, covered))[0]
        middles = tried[best]
        if not covered[best]:
            place = self.middles()
            units = np.array([place[unit] for unit in place])
            taken = units, np.array([self.sizes[unit] for unit in place])
            middles = moved(middles, gap.size, tails, heads, taken, self._pad(gap))
        away = np.linalg.norm(middles - heads, axis=1)
        place = self.middles()
        away += [place[head][0] - self.sizes[head][0] / 2 for _, head in gap.ends]
        away -= heads[:, 0]
        return dict(zip(gap.indices, away.tolist(), strict=True))

    def _tried(self, gap: _Gap) -> tuple[Floats, Floats]:
        """Return places that all labels may have, and how much they cover there."""
        tails, heads = self._ends(gap)
        order = np.unique([y for _, y in tails], return_inverse=True)[1]
        way = np.abs(heads - tails)[:, 0]
        step = float(gap.size[:, 0].max()) + PAD
        tried = itertools.product((0.0, step, -step), PARTS)
        parts = np.array([part + by * order / way for by, part in tried])[..., None]
        middles = tails + parts * (heads - tails)
        covered = self._cover(gap, middles)
        covered += 1e4 * ((parts < 0) | (parts > 1)).any(axis=(1, 2))
        return middles, covered.round(2)

    def _pad(self, gap: _Gap) -> float:
        """Return how much room there is around a label."""
        return PAD + (BEND if gap.head - gap.tail > 1 else 0)

    def _ends(self, gap: _Gap) -> tuple[Floats, Floats]:
        """Return where edges leave a column and enter another: beside their units."""
        middles, sides = self.middles(), self.sides()
        (_, begin), (end, _) = sides[gap.tail], sides[gap.head]
        tails = [(begin, middles[tail][1]) for tail, _ in gap.ends]
        heads = [(end, middles[head][1]) for _, head in gap.ends]
        return np.array(tails), np.array(heads)

    def _cover(self, gap: _Gap, middles: Floats) -> Floats:
        """Return for places of labels how much they cover each other and units."""
        half = gap.size / 2
        pad = self._pad(gap)
        apart = np.abs(middles[:, :, None] - middles[:, None])
        apart -= half[:, None] + half[None]
        over = np.maximum(pad - apart.max(axis=-1), 0)
        over[:, np.arange(len(half)), np.arange(len(half))] = 0
        place = self.middles()
        units = np.array([place[unit] for unit in place])
        sides = np.array([self.sizes[unit] for unit in place]) / 2
        clear = np.abs(middles[:, :, None] - units) - (half[:, None] + sides)
        on_units = np.maximum(PAD - clear.max(axis=-1), 0)
        covered: Floats = over.sum(axis=(1, 2)) / 2 + on_units.sum(axis=(1, 2))
        return covered


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
    bare = replace(scene, links=links).without_idle_keys()
    return replace(bare, caption=[*bare.caption, told])


def _gaps(scene: Scene, upright: bool, scale: float) -> list[_Gap]:
    """Return the pairs of columns with labels between them."""
    rank = {block.id: block.rank or 0 for block in scene.blocks}
    groups: dict[tuple[int, int], list[int]] = defaultdict(list)
    for index, link in enumerate(scene.links):
        if link.weight is not None and link.lines:
            groups[rank[link.tail], rank[link.head]].append(index)
    found = []
    for (tail, head), indices in groups.items():
        links = [scene.links[index] for index in indices]
        sizes = np.array([_size(link, scale) for link in links])
        ends = [(link.tail, link.head) for link in links]
        turned = sizes[:, ::-1] if upright else sizes
        found.append(_Gap(tail, head, indices, ends, turned))
    return found


def _size(link: Link, scale: float) -> Point:
    """Return about how wide and how high a label is, in points."""
    wide = max(sum(map(_wide, line.text.unicode())) for line in link.lines)
    return wide * scale, len(link.lines) * LINE * scale


def _wide(character: str) -> float:
    if character == " ":
        return SPACE
    return SMALL if character in "₀₁₂₃₄₅₆₇₈₉,⁽⁾⁰¹²³⁴⁵⁶⁷⁸⁹" else CHARACTER
