"""Fitting: a picture on a slide or in a column, with text that can be read.

What is drawn is measured, and drawn again with less in it until its smallest text is
large enough: long chains run in rows, shapes and the legend are left out, the level
rises, the middle is elided. What does not fit in any way says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

from chainrule.plotting.rooms import Room
from chainrule.viz.diagram import Diagram
from chainrule.viz.formats.rows import in_rows
from chainrule.viz.graph.options import Level, Options
from chainrule.viz.readings import Reading, shortened
from chainrule.viz.scene import Line, LineKind, Scene
from chainrule.viz.text import Plain, Row

MOST_BLOCKS = 150
"""Pictures with more blocks are not even tried."""
TRIES = 3
"""Ways to lay a picture out in rows that are tried."""
MOST_LEFT, FEWEST_LEFT = 40, 6
"""Blocks that are left where the middle is elided."""
_SHORT: tuple[LineKind, ...] = ("shape", "note")
_BARE: tuple[LineKind, ...] = ("shape", "note", "formula", "gradient")
_BOXES: dict[str, Callable[[Scene], Scene]] = {
    "without shapes, notes and legend": (
        lambda scene: _without(_unframed(scene), _SHORT)
    ),
    "names and numbers only": lambda scene: _without(_unframed(scene), _BARE),
    "names and numbers only, vectors as ranges": (
        lambda scene: _rewritten(_without(_unframed(scene), _BARE), _with_ends)
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


def fitted(
    draw: Callable[[Options], Diagram], options: Options, finest: Level, room: Room
) -> Diagram:
    """Find the fullest picture that can be read in a room.

    Levels are tried from fine to coarse, then the middle is elided; each picture at its
    barest first: only where that can be read, fuller ones are tried.

    Args:
        draw: draws with some options.
        options: what was asked for.
        finest: the level that is drawn without one.
        room: where the picture must fit.
    """
    tried: list[Diagram] = []
    for chosen, words in _levels(options, finest):
        whole = draw(chosen)
        if len(whole.scene.blocks) <= MOST_BLOCKS or chosen.level == "neuron":
            tried.append(_barest(whole, words, room))
            if _legible(tried[-1], room):
                return _fullest(whole, words, room) or tried[-1].in_room(room)
    most = MOST_LEFT
    while chosen.level != "neuron" and most >= FEWEST_LEFT:
        fewer = [*words, f"no more than {most} blocks"]
        whole = draw(replace(chosen, most_blocks=most))
        tried.append(_barest(whole, fewer, room))
        if _legible(tried[-1], room):
            return _fullest(whole, fewer, room) or tried[-1].in_room(room)
        part = (tried[-1].measured.pixels(room) / room.least) ** 2  # as areas go
        most = min(most - 2, round(len(whole.scene.blocks) * part))
    best = max(tried, key=lambda diagram: diagram.measured.pixels(room))
    return best.in_room(room)


def _legible(diagram: Diagram, room: Room) -> bool:
    return diagram.measured.pixels(room) >= room.least


def _barest(whole: Diagram, words: list[str], room: Room) -> Diagram:
    """Return a picture with as little in it as possible."""
    return _arranged(*_variants(whole, words)[-1], room)


def _fullest(whole: Diagram, words: list[str], room: Room) -> Diagram | None:
    """Return the picture with most in it that can be read, but for the barest."""
    for variant in _variants(whole, words)[:-1]:
        found = _arranged(*variant, room)
        if _legible(found, room):
            return found.in_room(room)
    return None


def _variants(whole: Diagram, words: list[str]) -> list[tuple[Diagram, list[str]]]:
    """Return pictures with less and less in them, each with what it lacks."""
    less = _CIRCLES if whole.scene.shape == "circles" else _BOXES
    return [(whole, words)] + [
        (whole.with_scene(make(whole.scene)), [*words, said])
        for said, make in less.items()
    ]


def _arranged(diagram: Diagram, lacks: list[str], room: Room) -> Diagram:
    """Return a picture in rows if that helps, with a note of what it lacks."""
    made = _noted(diagram, lacks, room)
    if _legible(made, room):
        return made
    for scene in in_rows(diagram.scene, made.spans, room, made.measured.text)[:TRIES]:
        upright = scene.rankdir in ("TB", "BT")
        said = [*lacks, f"in {len(scene.rows)} {'columns' if upright else 'rows'}"]
        again = _noted(diagram.with_scene(scene), said, room)
        made = max(made, again, key=lambda it: it.measured.pixels(room))
        if _legible(made, room):
            break
    return made


def _without(scene: Scene, kinds: Collection[LineKind]) -> Scene:
    """Leave out the legend and lines of some kinds; an edge keeps the first line.

    But for weights, which may lose them all.
    """
    bare_edges = scene.shape == "circles" and "gradient" in kinds
    first = 0 if bare_edges else 1

    def kept(lines: Sequence[Line]) -> list[Line]:
        return [line for line in lines if line.kind not in kinds]

    return replace(
        scene,
        legend=(),
        scale=(),
        caption=kept(scene.caption) if bare_edges else scene.caption,
        blocks=[replace(block, lines=kept(block.lines)) for block in scene.blocks],
        links=[
            replace(link, lines=[*link.lines[:first], *kept(link.lines[first:])])
            for link in scene.links
        ],
    )


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


def _noted(diagram: Diagram, lacks: list[str], room: Room) -> Diagram:
    """Add what a picture lacks to the remark below it."""
    if not lacks:
        return diagram
    scene, text = diagram.scene, f"to fit {room.name}: {', '.join(lacks)}"
    caption = list(scene.caption)
    if caption and caption[-1].kind == "note" and caption[-1].role is None:
        text = f"{caption.pop().text.unicode()}; {text}"
    caption.append(Line(Plain(text), "note"))
    return diagram.with_scene(replace(scene, caption=caption))


def _levels(options: Options, finest: Level) -> Iterator[tuple[Options, list[str]]]:
    """Yield the level asked for, or else the finest and coarser ones."""
    yield options, []
    if options.level is None:
        coarser: dict[Level, tuple[Level, ...]] = {"op": ("layer", "model")}
        for level in coarser.get(finest, ("model",)):
            yield replace(options, level=level), [f"level={level!r}"]
