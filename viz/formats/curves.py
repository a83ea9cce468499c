"""The curves of activations, drawn by Graphviz where a layout has room for them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from chainrule.kinds.theme import Theme
from chainrule.viz.formats.units import CURVE_HEIGHT, CURVE_WIDTH, PLACE
from chainrule.viz.scene import ActivationCurve, Point, Scene

DOT = 3.2
"""The radius of the dot that is the unit, in points."""


def drawn_curves(scene: Scene, layout: str, theme: Theme) -> str:
    """Return the curves of a scene in Graphviz's xdot language.

    Args:
        scene: columns of units.
        layout: Graphviz's ``json`` of it, with the places of all text.
        theme: whose colours they have.
    """
    curves = {block.id: block.curve for block in scene.blocks}
    drawn: list[str] = []
    for thing in json.loads(layout).get("objects", []):
        if curve := curves.get(thing["name"]):
            drawn += [_curve(curve, x, y, theme) for x, y in _places(thing)]
    return " ".join(drawn)


def _places(thing: Mapping[str, Any]) -> Iterator[tuple[float, float]]:
    """Yield the middles of the places that a node has for curves."""
    for text in thing.get("_ldraw_", []):
        if text["op"] == "T" and text["text"] == PLACE:
            x, y = text["pt"]
            yield x + (text["width"] / 2 if text["align"] == "l" else 0), y


def _curve(curve: ActivationCurve, x: float, y: float, theme: Theme) -> str:
    wide, high = (size * theme.text_scale for size in (CURVE_WIDTH, CURVE_HEIGHT))
    left, bottom = x - 0.4 * wide, y - 0.25 * high

    def place(point: Point) -> str:
        a, b = point
        return f"{left + 0.8 * wide * a:.1f} {bottom + 0.8 * high * b:.1f}"

    line = " ".join(map(place, curve.points))
    drawn = [
        _pen(theme.forward), _width(0.6), f"L 2 {place((0, 0))} {place((1, 0))}",
        _pen(theme.ink), _width(1.8), f"L {len(curve.points)} {line}",
    ]  # fmt: skip
    if curve.at is not None:
        size = f"{DOT * theme.text_scale:.1f}"
        drawn += [_fill(theme.ink), f"E {place(curve.at)} {size} {size}"]
    return " ".join(drawn)


def _width(points: float) -> str:
    style = f"setlinewidth({points})"
    return f"S {len(style)} -{style}"


def _pen(color: str) -> str:
    return f"c {len(color)} -{color}"


def _fill(color: str) -> str:
    return f"C {len(color)} -{color}"
