"""The frames of the story as numbered pictures, for slides."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence

from chainrule.viz.formats.story import Frame
from chainrule.viz.formats.svg import SVG, parse, serialize
from chainrule.viz.scene import Scene

BANNER = 28
"""Height of the banner above the picture, which has the frame's number and text."""
LATER = "0.12"
"""Opacity of what has not been computed yet."""


def frame_picture(svg: str, scene: Scene, frames: Sequence[Frame], now: int) -> str:
    """Return the picture at frame `now`: what comes later is faint or hidden."""
    shown = {part for frame in frames[: now + 1] for part in frame.shows}
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
    root.append(_banner(left, top, frames[now], f"{now + 1}/{len(frames)}"))
    return serialize(root)


def _hide(group: ET.Element, *classes: str) -> None:
    for text in group.iter(f"{{{SVG}}}text"):
        if text.get("class") in classes:
            text.set("visibility", "hidden")


def _banner(left: float, top: float, frame: Frame, count: str) -> ET.Element:
    text = ET.Element(
        f"{{{SVG}}}text",
        {
            "x": f"{left + 12:g}", "y": f"{top - 8:g}", "font-size": "13",
            "font-family": "sans-serif", "font-weight": "bold", "class": "banner",
        },
    )  # fmt: skip
    text.text = f"{count}  {frame.chapter}: {frame.text}"
    return text
