"""Small pictures inside blocks, drawn by Graphviz where a layout has room for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chainrule.kinds.theme import Theme
from chainrule.viz.formats.units import CURVE_HEIGHT, CURVE_WIDTH, PLACE, image_size
from chainrule.viz.scene import ActivationCurve, Image, Point, Scene

DOT = 3.2
"""The radius of the dot that is the unit, in points."""
BASELINE = 4
"""How far the middle of a line of text is above where it is written, in points."""


def drawn_insets(scene: Scene, layout: Mapping[str, Any], theme: Theme) -> str:
    """Return the curves and images of a scene in Graphviz's xdot language.

    Args:
        scene: columns of units.
        layout: Graphviz's ``json`` of it, with the places of all text.
        theme: whose colours they have.
    """
    blocks = {block.id: block for block in scene.blocks}
    drawn: list[str] = []
    for thing in layout.get("objects", []):
        if (block := blocks.get(thing["name"])) is None:
            continue
        for x, y in _places(thing):
            if block.curve is not None:
                drawn += _curve(block.curve, x, y, theme)
            if block.image:
                drawn += _image(block.image, x, y, theme)
    return " ".join(drawn)


def _places(thing: Mapping[str, Any]) -> Iterator[tuple[float, float]]:
    """Yield the middles of the places that a node has for insets."""
    for text in thing.get("_ldraw_", []):
        if text["op"] == "T" and text["text"] == PLACE:
            x, y = text["pt"]
            yield x + (text["width"] / 2 if text["align"] == "l" else 0), y


def _curve(curve: ActivationCurve, x: float, y: float, theme: Theme) -> Iterator[str]:
    wide, high = (size * theme.text_scale for size in (CURVE_WIDTH, CURVE_HEIGHT))
    left, bottom = x - 0.4 * wide, y - 0.25 * high

    def place(point: Point) -> str:
        a, b = point
        return f"{left + 0.8 * wide * a:.1f} {bottom + 0.8 * high * b:.1f}"

    line = " ".join(map(place, curve.points))
    yield from (
        _pen(theme.forward),
        _width(0.6),
        f"L 2 {place((0, 0))} {place((1, 0))}",
    )
    yield from (_pen(theme.ink), _width(1.8), f"L {len(curve.points)} {line}")
    if curve.at is not None:
        size = f"{DOT * theme.text_scale:.1f}"
        yield from (_fill(theme.ink), f"E {place(curve.at)} {size} {size}")


def _image(image: Image, x: float, y: float, theme: Theme) -> Iterator[str]:
    """Draw pixels as squares of more or less ink."""
    wide, high = image_size(image, theme)
    rows, columns = len(image), len(image[0])
    left, top = x - wide / 2, y + high / 2 + BASELINE * theme.text_scale
    yield _width(0)
    for i, row in enumerate(image):
        for j, share in enumerate(row):
            color = f"{theme.ink}{round(255 * share):02X}"
            a, b = left + wide * j / columns, top - high * i / rows
            c, d = left + wide * (j + 1) / columns, top - high * (i + 1) / rows
            yield from (_pen(color), _fill(color))
            yield f"P 4 {a:.1f} {b:.1f} {c:.1f} {b:.1f} {c:.1f} {d:.1f} {a:.1f} {d:.1f}"


def _width(points: float) -> str:
    style = f"setlinewidth({points})"
    return f"S {len(style)} -{style}"


def _pen(color: str) -> str:
    return f"c {len(color)} -{color}"


def _fill(color: str) -> str:
    return f"C {len(color)} -{color}"
