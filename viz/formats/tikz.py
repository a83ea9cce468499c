"""A diagram as TikZ, for papers: Graphviz places it, LaTeX sets its text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from chainrule.kinds.theme import Theme
from chainrule.viz.formats.render import render
from chainrule.viz.scene import Block, Line, Link, Scene

_DASH = {
    "solid": "",
    "bold": ", very thick",
    "dashed": ", dashed",
    "dotted": ", densely dotted",
}
_SIZE = {"title": r"\large", "equation": r"\Large", "shape": r"\scriptsize"}


def to_tikz(scene: Scene, dot: str, theme: Theme) -> str:
    r"""Return a ``tikzpicture``; needs the packages tikz, amsmath and xcolor."""
    layout = json.loads(render(dot, "json0"))
    lines = [r"\begin{tikzpicture}[x=1bp, y=1bp, >=latex, font=\small]"]
    lines += [
        rf"  \definecolor{{chain{role}}}{{HTML}}{{{color[1:]}}}"
        for role, color in theme.roles.items()
    ]
    blocks = {block.id: block for block in scene.blocks}
    for place in layout.get("objects", []):
        if place["name"] in blocks:
            lines.append(_node(blocks[place["name"]], place, theme))
    edges = [e for e in layout.get("edges", []) if e.get("style") != "invis"]
    for link, place in zip(scene.links, edges, strict=True):
        lines += _edge(link, place, theme)
    if scene.caption:
        width, _, right, _ = (float(v) for v in layout["bb"].split(","))
        middle = (width + right) / 2
        lines.append(
            rf"  \node[align=center, anchor=north] at ({middle:.1f}, -4) "
            rf"{{{_stack(scene.caption)}}};"
        )
    lines.append(r"\end{tikzpicture}")
    return "\n".join(lines) + "\n"


def to_document(scene: Scene, dot: str, theme: Theme) -> str:
    """Return a whole LaTeX document with the picture in it."""
    return (
        "\\documentclass[border=4pt]{standalone}\n\\usepackage[T1]{fontenc}\n"
        "\\usepackage{amsmath,xcolor,tikz}\n\\begin{document}\n"
        f"{to_tikz(scene, dot, theme)}\\end{{document}}\n"
    )


def _node(block: Block, place: dict[str, Any], theme: Theme) -> str:
    x, y = (float(v) for v in place["pos"].split(","))
    wide, high = 72 * float(place["width"]), 72 * float(place["height"])
    fill, border = theme.block(block.kind)
    fill = fill if block.heat is None else theme.heat[block.heat]
    look = "align=center, inner sep=2pt"
    if block.kind not in ("input", "constant"):
        look += (
            f", draw={{rgb,255:{_rgb(border)}}}, fill={{rgb,255:{_rgb(fill)}}}, "
            f"rounded corners=4pt, minimum width={wide:.1f}bp, "
            f"minimum height={high:.1f}bp"
        )
    content = _stack([Line(block.title, "title"), *block.lines])
    return rf"  \node[{look}] at ({x:.1f}, {y:.1f}) {{{content}}};"


def _rgb(color: str) -> str:
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return f"red,{red};green,{green};blue,{blue}"


def _stack(lines: Sequence[Line]) -> str:
    return r" \\ ".join(_line(line) for line in lines)


def _line(line: Line) -> str:
    color = rf"\color{{chain{line.role}}}" if line.role else ""
    return rf"{{{_SIZE.get(line.kind, '')}{color}${line.text.latex()}$}}"


def _edge(link: Link, place: dict[str, Any], theme: Theme) -> list[str]:
    """Draw an edge along Graphviz's spline; a backward one has its tip at the tail."""
    if link.kind == "forward":
        look = "->, gray"
    else:
        dash = _DASH[theme.dashes[link.role]]
        look = f"<-, thick, chain{link.role}{dash}"
    lines = [rf"  \draw[{look}] {_spline(place['pos'])};"]
    label = place.get("lp") or place.get("head_lp")
    if link.lines and label:
        x, y = (float(v) for v in label.split(","))
        lines.append(
            rf"  \node[align=center, inner sep=1pt] at ({x:.1f}, {y:.1f}) "
            rf"{{{_stack(link.lines)}}};"
        )
    return lines


def _spline(position: str) -> str:
    """Return Graphviz's control points as paths, with its tips as ends."""
    return " ".join(map(_piece, position.split(";")))


def _piece(position: str) -> str:
    points = []
    tips = {"s": "", "e": ""}
    for part in position.split():
        if part[:2] in ("s,", "e,"):
            tips[part[0]] = part[2:]
        else:
            points.append(part)
    points[0] = tips["s"] or points[0]
    points[-1] = tips["e"] or points[-1]
    xy = [f"({x:.1f}, {y:.1f})" for x, y in (map(float, p.split(",")) for p in points)]
    path = xy[0]
    for i in range(1, len(xy) - 2, 3):
        path += f" .. controls {xy[i]} and {xy[i + 1]} .. {xy[i + 2]}"
    return path
