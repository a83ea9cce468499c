"""What Graphviz' SVG lacks: a size that fits its place, a title and a description."""

from __future__ import annotations

import html
import re

from chainrule.viz.scene import Scene


def finish(svg: str, scene: Scene) -> str:
    """Return the SVG with a viewBox only, a title and a description.

    Without a fixed width a notebook or a page scales the picture to the space there
    is, so that it is neither clipped nor blurred.
    """
    start = svg.index("<svg")
    svg = svg[start:]
    width = re.search(r'<svg width="([\d.]+)pt" height="[\d.]+pt"', svg)
    size = f' style="max-width:{width[1]}pt;width:100%;height:auto"' if width else ""
    svg = re.sub(
        r'<svg width="[\d.]+pt" height="[\d.]+pt"', f"<svg{size}", svg, count=1
    )
    head, _, rest = svg.partition(">")
    described = html.escape(description(scene))
    return (
        f'{head} role="img" aria-label="{html.escape(scene.name)}">'
        f"<title>{html.escape(scene.name)}</title><desc>{described}</desc>{rest}"
    )


def description(scene: Scene) -> str:
    """Tell the diagram in words, for those who do not see it."""
    blocks = "; ".join(
        ", ".join([b.title.unicode(), *(line.text.unicode() for line in b.lines)])
        for b in scene.blocks[:50]
    )
    backward = sum(link.kind == "backward" for link in scene.links)
    return (
        f"{len(scene.blocks)} blocks, {len(scene.links) - backward} forward edges, "
        f"{backward} backward edges. {blocks}"
    )
