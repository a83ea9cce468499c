"""The curves of activations, drawn by Graphviz where a layout has room for them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from chainrule.kinds.theme import Theme
from chainrule.viz.formats.units import CURVE_HEIGHT, CURVE_WIDTH, PLACE
from chainrule.viz.scene import Block, Scene


def drawn_curves(scene: Scene, layout: str, theme: Theme) -> str:
    """Return the curves of a scene in Graphviz's xdot language.

    Args:
        scene: columns of units.
        layout: Graphviz's ``json`` of it, with the places of all text.
        theme: whose colours they have.
    """
    curved = {block.id: block for block in scene.blocks if block.curve}
    drawn: list[str] = []
    for thing in json.loads(layout).get("objects", []):
        block = curved.get(thing["name"])
        for x, y in _places(thing) if block is not None else ():
            assert block is not None
            drawn.append(_curve(block, x, y, theme))
    return " ".join(drawn)


def _places(thing: Mapping[str, Any]) -> Iterator[tuple[float, float]]:
    """Yield the middles of the places that a node has for curves."""
    for text in thing.get("_ldraw_", []):
        if text["op"] == "T" and text["text"] == PLACE:
            x, y = text["pt"]
            yield x + (text["width"] / 2 if text["align"] == "l" else 0), y


def _curve(block: Block, x: float, y: float, theme: Theme) -> str:
    wide, high = (size * theme.text_scale for size in (CURVE_WIDTH, CURVE_HEIGHT))
    left, bottom = x - 0.4 * wide, y - 0.25 * high
    points = [(left + 0.8 * wide * a, bottom + 0.8 * high * b) for a, b in block.curve]
    axis = f"L 2 {left:.1f} {bottom:.1f} {left + 0.8 * wide:.1f} {bottom:.1f}"
    line = " ".join(f"{a:.1f} {b:.1f}" for a, b in points)
    return " ".join([
        _pen(theme.forward), _width(0.6), axis,
        _pen(theme.ink), _width(1.8), f"L {len(points)} {line}",
    ])  # fmt: skip


def _width(points: float) -> str:
    style = f"setlinewidth({points})"
    return f"S {len(style)} -{style}"


def _pen(color: str) -> str:
    return f"c {len(color)} -{color}"
