"""The story as numbered pictures, one a step, for slides."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from chainrule.viz.formats.story import Step
from chainrule.viz.formats.svg import SVG, parse, written
from chainrule.viz.scene import Scene

BANNER = 28
"""Height of the line above the picture that says which step it is."""
LATER = "0.12"
"""Opacity of what has not been computed yet."""


def frame(svg: str, scene: Scene, steps: list[Step], now: int) -> str:
    """Return the picture after step `now`: what comes later is faint or not there."""
    shown = {part for step in steps[: now + 1] for part in step.shows}
    root = parse(svg)
    blocks = {f"node-{block.id}": block.id for block in scene.blocks}
    edges = set(scene.link_ids())
    for group in root.iter(f"{{{SVG}}}g"):
        identity = group.get("id", "")
        if identity in edges and (identity, "edge") not in shown:
            hidden = identity.startswith("backward")
            group.set(
                "visibility" if hidden else "opacity", "hidden" if hidden else LATER
            )
        elif identity in blocks:
            block = blocks[identity]
            if (block, "value") not in shown:
                group.set("opacity", LATER)
            if (block, "gradient") not in shown:
                _hide(group, "line gradient", "line mark")
    left, top, width, height = map(float, root.get("viewBox", "0 0 1 1").split())
    root.set("viewBox", f"{left:g} {top - BANNER:g} {width:g} {height + BANNER:g}")
    root.append(_banner(left, top, steps[now], now, len(steps)))
    return written(root)


def _hide(group: ET.Element, *classes: str) -> None:
    for text in group.iter(f"{{{SVG}}}text"):
        if text.get("class") in classes:
            text.set("visibility", "hidden")


def _banner(left: float, top: float, step: Step, now: int, count: int) -> ET.Element:
    text = ET.Element(
        f"{{{SVG}}}text",
        {
            "x": f"{left + 12:g}", "y": f"{top - 8:g}", "font-size": "13",
            "font-family": "sans-serif", "font-weight": "bold", "class": "banner",
        },
    )  # fmt: skip
    text.text = f"{now + 1}/{count}  {step.phase}: {step.text}"
    return text
