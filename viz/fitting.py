"""Fitting: a picture on a slide or in a column, with text that can be read.

What is drawn is measured, and drawn again with less in it until its smallest text is
large enough: long chains run in rows, shapes and the legend are left out, the level
rises, the middle is elided. What does not fit in any way says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

from chainrule.plotting.rooms import Room
from chainrule.viz.diagram import Diagram
from chainrule.viz.formats.rows import in_rows
from chainrule.viz.graph.options import Level, Options
from chainrule.viz.readings import Reading
from chainrule.viz.room import Measured
from chainrule.viz.scene import Line, LineKind, Scene
from chainrule.viz.text import Plain, Row

MOST_ROWS = 8
_FEWER_BLOCKS = (40, 24, 12, 8)
"""Blocks that are left where the middle is elided."""
_LEFT_OUT: dict[str, tuple[LineKind, ...]] = {
    "": (),
    "without shapes, notes and legend": ("shape", "note"),
    "names and numbers only": ("shape", "note", "formula", "gradient"),
}
"""What is given up → the kinds of lines that are left out for it."""
_BARE = "numbers without their names"
"""What units and weights give up first."""
_BETTER = 1.05
"""How much larger text must get for another picture to be worth it."""


def fitted(
    draw: Callable[[Options, bool], Diagram],
    options: Options,
    finest: Level,
    room: Room,
    *,
    legend: bool = True,
) -> Diagram:
    """Find the fullest picture that can be read in a room.

    Args:
        draw: draws with some options, and with a legend or without one.
        options: what was asked for.
        finest: the level that is drawn without one.
        room: where the picture must fit.
        legend: whether the colours are explained, if there is room for it.
    """
    best, most = None, 0.0
    for diagram in _attempts(draw, options, finest, room, legend):
        pixels = diagram.measured.pixels(room)
        if best is None or pixels > most * _BETTER:
            best, most = diagram, pixels
        if pixels >= room.least:
            best = diagram
            break
    assert best is not None
    return best.in_room(room)


def _attempts(
    draw: Callable[[Options, bool], Diagram],
    options: Options,
    finest: Level,
    room: Room,
    legend: bool,
) -> Iterator[Diagram]:
    """Yield pictures with less and less in them, each with a note of what it lacks."""
    for chosen, words in _levels(options, finest):
        whole = draw(chosen, legend)
        units = whole.scene.shape == "circles"
        for said, kinds in _LEFT_OUT.items():
            plain, lacks = whole, [*words, *([said] if said else [])]
            if said:
                plain = draw(chosen, False)
                plain = plain.with_scene(_without(plain.scene, kinds))
            yield _noted(plain, lacks, room)
            if units:
                bare = plain.with_scene(_bare(plain.scene))
                yield _noted(bare, [*lacks, _BARE], room)
            for rows in _rows(plain.measured, room, chosen.rankdir):
                scene = in_rows(plain.scene, rows)
                if scene is not plain.scene:
                    again = plain.with_scene(scene)
                    yield _noted(again, [*lacks, f"in {rows} rows"], room)


def _without(scene: Scene, kinds: Collection[LineKind]) -> Scene:
    """Leave out lines of some kinds; an edge keeps the first, but for weights."""
    bare_edges = scene.shape == "circles" and "gradient" in kinds
    first = 0 if bare_edges else 1

    def kept(lines: Sequence[Line]) -> list[Line]:
        return [line for line in lines if line.kind not in kinds]

    return replace(
        scene,
        caption=kept(scene.caption) if bare_edges else scene.caption,
        blocks=[replace(block, lines=kept(block.lines)) for block in scene.blocks],
        links=[
            replace(link, lines=[*link.lines[:first], *kept(link.lines[first:])])
            for link in scene.links
        ],
    )


def _bare(scene: Scene) -> Scene:
    """Leave out the names and formulas in front of numbers."""

    def shortened(lines: Sequence[Line]) -> list[Line]:
        return [
            replace(line, text=line.text.parts[-1])
            if isinstance(line.text, Row) and isinstance(line.text.parts[-1], Reading)
            else line
            for line in lines
        ]

    return replace(
        scene,
        blocks=[replace(b, lines=shortened(b.lines)) for b in scene.blocks],
        links=[replace(link, lines=shortened(link.lines)) for link in scene.links],
    )


def _noted(diagram: Diagram, lacks: list[str], room: Room) -> Diagram:
    if not lacks:
        return diagram
    note = Line(Plain(f"to fit {room.name}: {', '.join(lacks)}"), "note")
    scene = diagram.scene
    return diagram.with_scene(replace(scene, caption=[*scene.caption, note]))


def _levels(options: Options, finest: Level) -> Iterator[tuple[Options, list[str]]]:
    """Yield the level asked for, coarser ones if none was, and then less in between."""
    yield options, []
    if options.level is not None:
        return
    coarser: dict[Level, tuple[Level, ...]] = {"op": ("layer", "model")}
    for level in coarser.get(finest, ("model",)):
        yield replace(options, level=level), [f"level={level!r}"]
    for most in _FEWER_BLOCKS:
        words = ["level='model'", f"no more than {most} blocks"]
        yield replace(options, most_blocks=most), words


def _rows(size: Measured, room: Room, rankdir: str) -> list[int]:
    """Return the numbers of rows that may help a long chain, the fewest first."""
    along, across = size.width, size.height
    long, wide = room.width, min(room.height, room.width * 1.4)
    if rankdir in ("TB", "BT"):
        along, across, long, wide = across, along, wide, long
    guess = math.sqrt(along * wide / (across * long))
    if guess < 1.3:
        return []
    tried = {math.floor(guess), math.ceil(guess), math.ceil(guess) + 1}
    return sorted(rows for rows in tried if 2 <= rows <= MOST_ROWS)
