"""Rows: a long chain laid out like text; and leaves that keep frames side by side."""

from __future__ import annotations

import bisect
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from chainrule.plotting.rooms import Room
from chainrule.viz.scene import Scene

LEAVES = ("input", "parameter", "constant")
"""Kinds of blocks that stand before their first use, wherever that is."""
MOST_ROWS = 12
MARGIN, GUTTER = 50.0, 34.0
"""Points that a row needs for what leads to the next, along it and below it."""
FRAMES = 24.0
"""Points that the frames around a block need."""
BELOW = 45.0
"""Points that the words below a picture need."""


@dataclass(frozen=True)
class Span:
    """A rectangle, along the flow of a picture and across it, in points."""

    begin: float
    end: float
    top: float
    bottom: float

    def __or__(self, other: Span) -> Span:
        """Return the rectangle around both."""
        return Span(
            min(self.begin, other.begin), max(self.end, other.end),
            min(self.top, other.top), max(self.bottom, other.bottom),
        )  # fmt: skip


def spans_of(layout: bytes, rankdir: str) -> dict[str, Span]:
    """Return where each block of a layout that Graphviz has written as JSON is."""
    spans = {}
    for thing in json.loads(layout).get("objects", []):
        if "pos" in thing:
            x, y = map(float, thing["pos"].split(","))
            wide, high = 36 * float(thing["width"]), 36 * float(thing["height"])
            a, c = {"LR": (x, -y), "RL": (-x, -y), "TB": (-y, x), "BT": (y, x)}[rankdir]
            if rankdir in ("TB", "BT"):
                wide, high = high, wide
            spans[thing["name"]] = Span(a - wide, a + wide, c - high, c + high)
    return spans


def in_rows(
    scene: Scene, spans: Mapping[str, Span], room: Room, smallest: float
) -> list[Scene]:
    """Return ways to lay a scene out in rows, the most promising first.

    That are those in which text seems to be large enough, with the fewest rows first,
    and then those with the largest text. Rows end between frames; only where that is
    not enough, a frame that is too long goes on in the next row.

    Args:
        scene: what is drawn.
        spans: id of a block → where it is in one row.
        room: what the picture must fit.
        smallest: points of its smallest text.
    """
    needed = room.least / smallest
    along, _ = _turned((room.width, room.height), scene.rankdir)
    longest = along / needed - MARGIN - FRAMES
    if scene.shape == "circles" or not scene.blocks or math.isinf(longest):
        return []
    whole, divided = (_pieces(scene, spans, at) for at in (math.inf, longest))
    found: dict[tuple[tuple[str, ...], ...], float] = {}
    for rows in (*_candidates(whole, spans), *_candidates(divided, spans)):
        scale = room.scale(*_turned(_size(rows, spans), scene.rankdir))
        found.setdefault(tuple(rows), min(scale, needed))
    best = sorted(found, key=lambda rows: -found[rows])
    return [replace(scene, rows=rows) for rows in best if len(rows) > 1]


def _turned(size: tuple[float, float], rankdir: str) -> tuple[float, float]:
    return size if rankdir in ("LR", "RL") else size[::-1]


def _size(
    rows: Sequence[Sequence[str]], spans: Mapping[str, Span]
) -> tuple[float, float]:
    """Return about how large a picture in rows is, along them and across."""
    around = [_around(row, spans) for row in rows]
    margin, gutter = (MARGIN, GUTTER) if len(rows) > 1 else (0.0, 0.0)
    along = max(span.end - span.begin for span in around) + margin
    across = sum(span.bottom - span.top + FRAMES + gutter for span in around)
    return along + FRAMES, across + BELOW


def _around(ids: Sequence[str], spans: Mapping[str, Span]) -> Span:
    first, *others = (spans[identity] for identity in ids)
    for span in others:
        first |= span
    return first


def _candidates(
    pieces: Sequence[tuple[str, ...]], spans: Mapping[str, Span]
) -> Iterator[list[tuple[str, ...]]]:
    """Yield the rows that there may be, the fewest first."""
    met = 0
    for count in range(1, MOST_ROWS + 1):
        rows = _balanced(pieces, spans, count)
        if len(rows) > met:
            yield rows
        met = len(rows)


def _filled(
    pieces: Sequence[tuple[str, ...]], spans: Mapping[str, Span], width: float
) -> list[tuple[str, ...]]:
    """Fill rows of a width, one after the other."""
    rows: list[tuple[str, ...]] = []
    around: Span | None = None
    for piece in pieces:
        own = _around(piece, spans)
        both = own if around is None else around | own
        if around is None or both.end - both.begin > width:
            rows.append(piece)
            around = own
        else:
            rows[-1] += piece
            around = both
    return rows


def _balanced(
    pieces: Sequence[tuple[str, ...]], spans: Mapping[str, Span], count: int
) -> list[tuple[str, ...]]:
    """Return at most so many rows, the longest of which is as short as possible."""
    whole = _around(sum(pieces, ()), spans)
    widths = [math.ceil(whole.end - whole.begin) * k / 200 for k in range(1, 201)]
    at = bisect.bisect_left(
        widths, True, key=lambda width: len(_filled(pieces, spans, width)) <= count
    )
    return _filled(pieces, spans, widths[min(at, len(widths) - 1)])


def _pieces(
    scene: Scene, spans: Mapping[str, Span], longest: float
) -> list[tuple[str, ...]]:
    """Return what rows are made of, in order: frames, and blocks outside of any."""
    frames: dict[tuple[str, ...] | str, list[str]] = {}
    for block in scene.blocks:
        if block.kind not in LEAVES or block.cluster:
            frames.setdefault(block.cluster[:1] or block.id, []).append(block.id)
    kind = {block.id: block.kind for block in scene.blocks}
    home: dict[str, int] = {}
    pieces: list[list[str]] = []
    for ids in frames.values():
        span = _around(ids, spans)
        inner = [identity for identity in ids if kind[identity] not in LEAVES]
        divided = span.end - span.begin > longest and len(inner) > 1
        for group in [[identity] for identity in inner] if divided else [ids]:
            home |= dict.fromkeys(group, len(pieces))
            pieces.append(group)
    for link in reversed(scene.links):
        if link.tail not in home and link.head in home:
            home[link.tail] = home[link.head]
            pieces[home[link.tail]].append(link.tail)
    if not pieces:
        return [tuple(block.id for block in scene.blocks)]
    pieces[0] += [block.id for block in scene.blocks if block.id not in home]
    return [tuple(piece) for piece in pieces]


def late_leaves(scene: Scene) -> list[tuple[str, str]]:
    """Return which leaf of a frame must stand behind which block before that frame.

    Left to itself, Graphviz puts a leaf beside the end of the frame before, so that
    two frames reach into the same columns and cannot stand in one row.
    """
    block = {b.id: b for b in scene.blocks}
    arrives: dict[tuple[str, ...], str] = {}
    for link in scene.links:
        path = block[link.head].cluster[:1]
        inner = block[link.tail].kind not in LEAVES
        if path and inner and block[link.tail].cluster[:1] != path:
            arrives.setdefault(path, link.tail)
    found = [
        (arrives[b.cluster[:1]], b.id)
        for b in scene.blocks
        if b.kind in LEAVES and b.cluster[:1] in arrives
    ]
    return list(dict.fromkeys(found))
