"""Fitting: a picture on a slide or in a column, with text that can be read.

What is drawn is arranged in less room; where that is not enough, the level rises, and
at last the middle is elided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from chainrule.plotting.rooms import Room
from chainrule.viz.arranging import barest, legible, noted
from chainrule.viz.diagram import Diagram
from chainrule.viz.graph.options import Level, Options

MOST_BLOCKS = 150
"""Pictures with more blocks are not even tried."""
MOST_LEFT, FEWEST_LEFT = 40, 6
"""Blocks that are left where the middle is elided."""


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
    tried: list[tuple[float, Diagram]] = []

    def found(chosen: Options, *words: str) -> Diagram | None:
        whole = draw(chosen)
        if words:
            whole = whole.with_scene(noted(whole, ", ".join(words), room).scene)
        if len(whole.scene.blocks) > MOST_BLOCKS and chosen.level != "neuron":
            return None
        least = barest(whole, room)
        tried.append((least.measured.pixels(room), whole))
        return whole.in_room(room) if legible(least, room) else None

    for chosen, words in _levels(options, finest):
        if fits := found(chosen, *words):
            return fits
    most = MOST_LEFT
    while chosen.level != "neuron" and most >= FEWEST_LEFT:
        fewer = replace(chosen, most_blocks=most)
        if fits := found(fewer, *words, f"no more than {most} blocks"):
            return fits
        pixels, whole = tried[-1]
        part = (pixels / room.least) ** 2  # as areas go
        most = min(most - 2, round(len(whole.scene.blocks) * part))
    return max(tried, key=lambda each: each[0])[1].in_room(room)


def _levels(options: Options, finest: Level) -> Iterator[tuple[Options, list[str]]]:
    """Yield the level asked for, or else the finest and coarser ones."""
    yield options, []
    if options.level is None:
        coarser: dict[Level, tuple[Level, ...]] = {"op": ("layer", "model")}
        for level in coarser.get(finest, ("model",)):
            yield replace(options, level=level), [f"level={level!r}"]
