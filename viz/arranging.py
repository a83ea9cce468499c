"""Arranging: the same content in less room, so that its text can be read.

Shapes and the legend are left out, then formulas; a long chain runs in rows. What
does not fit in any way says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from chainrule.plotting.rooms import Room
from chainrule.viz.formats.rows import Span, in_rows
from chainrule.viz.readings import Reading, shortened
from chainrule.viz.room import Measured, too_small
from chainrule.viz.scene import Line, LineKind, Scene
from chainrule.viz.text import Plain, Row

TRIES = 3
"""Ways to lay a picture out in rows that are tried."""
LONGEST = 2.25
"""How many times as high as wide a picture is at most, if less in it helps."""
_SHORT: tuple[LineKind, ...] = ("shape", "note")
_BARE: tuple[LineKind, ...] = ("shape", "note", "formula", "gradient")
_BOXES: dict[str, Callable[[Scene], Scene]] = {
    "without shapes, notes and legend": (
        lambda scene: _without(_unframed(scene), _SHORT)
    ),
    "without operands, shapes, notes and legend": (
        lambda scene: _without(_unframed(_without_aside(scene)), _SHORT)
    ),
    "without gradients in blocks, shapes, notes and legend": (
        lambda scene: _without(
            _unframed(_without_aside(scene)), _SHORT, (*_SHORT, "gradient")
        )
    ),
    "names, numbers and derivatives only": (
        lambda scene: _without(_unframed(_without_aside(scene)), _SHORT, _BARE)
    ),
    "names and numbers only": (
        lambda scene: _without(_unframed(_without_aside(scene)), _BARE)
    ),
    "names and numbers only, vectors as ranges": (
        lambda scene: _rewritten(
            _without(_unframed(_without_aside(scene)), _BARE), _with_ends
        )
    ),
}
_CIRCLES: dict[str, Callable[[Scene], Scene]] = {
    "numbers without their names": lambda scene: _rewritten(scene, _without_name),
    "without shapes, notes and legend": lambda scene: _without(scene, _SHORT),
    "without shapes, notes and legend, numbers without their names": (
        lambda scene: _rewritten(_without(scene, _SHORT), _without_name)
    ),
    "names and numbers only": lambda scene: _without(scene, _BARE),
    "names and numbers only, numbers without their names": (
        lambda scene: _rewritten(_without(scene, _BARE), _without_name)
    ),
}
"""What is said where something is given up, from little to much → what makes it so."""


class Drawn(Protocol):
    """A scene that is laid out: a `Diagram`."""

    @property
    def scene(self) -> Scene:
        """What it shows."""

    @property
    def measured(self) -> Measured:
        """How large it and its smallest text are."""

    @property
    def spans(self) -> Mapping[str, Span]:
        """Where each block is."""

    def shown_as(self: Picture, scene: Scene) -> Picture:
        """Return the same, shown as another scene."""


Picture = TypeVar("Picture", bound=Drawn)


def arranged(picture: Picture, room: Room) -> Picture:
    """Return the fullest arrangement that can be read in a room.

    Where the room has no end, that is also not much longer than wide, if there is one.
    Where nothing can be read, that with the largest text, which says so.
    """
    tried = []
    for variant in _variants(picture, room):
        tried.append(wrapped(variant, room))
        if legible(tried[-1], room) and _aspect(tried[-1]) <= LONGEST:
            return tried[-1]
    readable = [found for found in tried if legible(found, room)]
    if readable:
        return min(readable, key=_aspect)
    best = max(tried, key=lambda found: found.measured.pixels(room))
    caption = [*best.scene.caption, too_small(best.measured, room)]
    return best.shown_as(replace(best.scene, caption=caption))


def _aspect(picture: Drawn) -> float:
    """Return how many times as high as wide a picture is."""
    return picture.measured.height / picture.measured.width


def barest(picture: Picture, room: Room) -> Picture:
    """Return a picture with as little in it as possible."""
    *_, last = _variants(picture, room)
    return wrapped(last, room)


def legible(picture: Drawn, room: Room) -> bool:
    """Return whether all text of a picture can be read in a room."""
    return picture.measured.pixels(room) >= room.least


def noted(picture: Picture, said: str, room: Room) -> Picture:
    """Add to the remark below a picture what was done to fit a room."""
    prefix = f"to fit {room.name}: "
    scene, caption = picture.scene, list(picture.scene.caption)
    text = prefix + said
    if caption and caption[-1].kind == "note" and caption[-1].role is None:
        before = caption.pop().text.unicode()
        text = f"{before}, {said}" if prefix in before else f"{before}; {text}"
    caption.append(Line(Plain(text), "note"))
    return picture.shown_as(replace(scene, caption=caption))


def _variants(whole: Picture, room: Room) -> Iterator[Picture]:
    """Yield pictures with less and less in them."""
    yield whole
    less = _CIRCLES if whole.scene.shape == "circles" else _BOXES
    aside = any(block.aside for block in whole.scene.blocks)
    for said, make in less.items():
        if aside or "operands" not in said:
            yield noted(whole.shown_as(make(whole.scene)), said, room)


def wrapped(picture: Picture, room: Room, *, note: bool = True) -> Picture:
    """Return a picture in rows if that helps.

    Args:
        picture: what is drawn.
        room: what it must fit.
        note: whether the remark below says so.
    """
    if legible(picture, room):
        return picture
    made, text = picture, picture.measured.text
    for scene in in_rows(picture.scene, picture.spans, room, text)[:TRIES]:
        upright = scene.rankdir in ("TB", "BT")
        said = f"in {len(scene.rows)} {'columns' if upright else 'rows'}"
        again = picture.shown_as(scene)
        again = noted(again, said, room) if note else again
        made = max(made, again, key=lambda it: it.measured.pixels(room))
        if legible(made, room):
            break
    return made


def _without(
    scene: Scene,
    kinds: Collection[LineKind],
    in_blocks: Collection[LineKind] | None = None,
) -> Scene:
    """Leave out the legend and lines of some kinds; an edge keeps the first line.

    But for weights, which may lose them all. Of blocks other kinds may be left out.
    """
    bare_edges = scene.shape == "circles" and "gradient" in kinds
    first = 0 if bare_edges else 1

    def kept(lines: Sequence[Line], without: Collection[LineKind]) -> list[Line]:
        return [line for line in lines if line.kind not in without]

    bare = replace(
        scene,
        legend=(),
        scale=(),
        caption=kept(scene.caption, kinds) if bare_edges else scene.caption,
        blocks=[
            replace(block, lines=kept(block.lines, in_blocks or kinds))
            for block in scene.blocks
        ],
        links=[
            replace(link, lines=[*link.lines[:first], *kept(link.lines[first:], kinds)])
            for link in scene.links
        ],
    )
    return bare.without_idle_keys() if scene.shape == "circles" else bare


def _without_aside(scene: Scene) -> Scene:
    """Leave out what stands aside, and its edges."""
    blocks = [block for block in scene.blocks if not block.aside]
    ids = {block.id for block in blocks}
    links = [link for link in scene.links if {link.tail, link.head} <= ids]
    return replace(scene, blocks=blocks, links=links)


def _unframed(scene: Scene) -> Scene:
    """Leave out the frames around single blocks."""
    size = Counter(
        block.cluster[:at]
        for block in scene.blocks
        for at in range(1, len(block.cluster) + 1)
    )
    kept = {path: name for path, name in scene.clusters.items() if size[path] > 1}

    def home(path: tuple[str, ...]) -> tuple[str, ...]:
        while path and path not in kept:
            path = path[:-1]
        return path

    blocks = [replace(block, cluster=home(block.cluster)) for block in scene.blocks]
    return replace(scene, blocks=blocks, clusters=kept)


def _rewritten(scene: Scene, rewrite: Callable[[Line], Line]) -> Scene:
    """Write every line of blocks and edges in another way."""
    return replace(
        scene,
        blocks=[replace(b, lines=list(map(rewrite, b.lines))) for b in scene.blocks],
        links=[replace(k, lines=list(map(rewrite, k.lines))) for k in scene.links],
    )


def _without_name(line: Line) -> Line:
    """Leave out the name or the formula in front of a number."""
    last = line.text.parts[-1] if isinstance(line.text, Row) else None
    return replace(line, text=last) if isinstance(last, Reading) else line


def _with_ends(line: Line) -> Line:
    return replace(line, text=shortened(line.text))
