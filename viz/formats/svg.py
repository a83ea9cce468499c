"""Finishing an SVG: what Graphviz leaves out, such as titles and classes."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator

from chainrule.viz.scene import Scene

SVG = "http://www.w3.org/2000/svg"
THIN = "\u2009"
_LINK = "http://www.w3.org/1999/xlink"


def finish(svg: str, scene: Scene, scale: float | None = None) -> str:
    """Return the SVG with a title, a description and classes; it shrinks, never grows.

    Its width and height are those that text of its size needs. Where there is less
    room, as in a notebook or on a narrow page, it is scaled down rather than clipped.

    Args:
        svg: what Graphviz wrote.
        scene: what it shows.
        scale: pixels for each point; without it the picture has its own size.
    """
    root = parse(svg)
    if scale is not None:
        _, _, width, height = map(float, root.get("viewBox", "0 0 1 1").split())
        root.set("width", f"{width * scale:.0f}px")
        root.set("height", f"{height * scale:.0f}px")
    root.set("style", "max-width:100%;height:auto")
    root.set("role", "img")
    root.set("aria-label", scene.name)
    title, described = ET.Element(f"{{{SVG}}}title"), ET.Element(f"{{{SVG}}}desc")
    title.text, described.text = scene.name, description(scene)
    root[0:0] = [title, described]
    kinds: dict[str, list[str]] = {
        f"node-{block.id}": ["title", *(line.kind for line in block.lines)]
        for block in scene.blocks
    }
    for group in root.iter(f"{{{SVG}}}g"):
        _mark_lines(group, kinds.get(group.get("id", ""), []))
        if "edge" in (group.get("class") or "").split():
            _join_lines(group)
    return serialize(root)


def parse(svg: str) -> ET.Element:
    """Return the elements of an SVG that chainrule has rendered."""
    return ET.fromstring(svg)


def serialize(root: ET.Element) -> str:
    """Return the elements of an SVG as text."""
    ET.register_namespace("", SVG)
    ET.register_namespace("xlink", _LINK)
    return ET.tostring(root, encoding="unicode")


def _join_lines(edge: ET.Element) -> None:
    """Make the pieces of an edge's line, which labels interrupt, one path."""
    for anchor in edge.iter(f"{{{SVG}}}a"):
        pieces = anchor.findall(f"{{{SVG}}}path")
        for piece in pieces[1:]:
            pieces[0].set("d", f"{pieces[0].get('d')} {piece.get('d')}")
            anchor.remove(piece)


def _mark_lines(group: ET.Element, kinds: list[str]) -> None:
    """Give the texts of a block the class of their line, as in ``line gradient``."""
    every = text_lines(group.iter(f"{{{SVG}}}text"))
    lines = [line for line in every if (line[0].text or "").startswith(THIN)]
    if len(lines) != len(kinds):
        return
    for line, kind in zip(lines, kinds, strict=True):
        for text in line:
            text.set("class", f"line {kind}")


def text_lines(texts: Iterable[ET.Element]) -> Iterator[list[ET.Element]]:
    """Yield the runs of text that make up each line.

    Graphviz writes a run for each change of font, and a line of a label begins and ends
    with a thin space. Other text, such as a sign, is by itself.
    """
    line: list[ET.Element] = []
    for text in texts:
        words = text.text or ""
        whole = len(words) > 2 and words[0] == words[-1] == THIN
        if whole or (words != THIN and not line):
            yield [text]
            continue
        line.append(text)
        if words == THIN and len(line) > 1:
            yield line
            line = []


def description(scene: Scene) -> str:
    """Describe the diagram in words, for readers who cannot see it."""
    blocks = "; ".join(
        ", ".join([b.title.unicode(), *(line.text.unicode() for line in b.lines)])
        for b in scene.blocks[:50]
    )
    backward = sum(link.kind == "backward" for link in scene.links)
    return (
        f"{len(scene.blocks)} blocks, {len(scene.links) - backward} forward edges, "
        f"{backward} backward edges. {blocks}"
    )
