"""The attributes of blocks, frames and edges in DOT: looks, labels and tooltips."""

from __future__ import annotations

import html
from collections.abc import Sequence

from chainrule.kinds.theme import Theme
from chainrule.viz.formats.html_labels import as_label, framed, points, table
from chainrule.viz.formats.units import unit_look
from chainrule.viz.scene import Block, Line, Link, Scene
from chainrule.viz.style import FRAME
from chainrule.viz.text import Plain, visible, whole

LONGEST_TIP = 15_000
"""Bytes of a tooltip: Graphviz reads no more than 16,384 between two quotes."""
_FADED = {"penwidth": "0.5", "style": "dotted"}
"""How the edges of dropped units look."""


def block_attributes(block: Block, scene: Scene, theme: Theme) -> dict[str, str]:
    """Return how a block looks, what it says and what it is."""
    circles = scene.shape == "circles"
    look = (
        unit_look(block, theme)
        if circles
        else {"label": as_label(framed(block, theme))}
    )
    group = {"group": block.group} if block.group else {}
    return (
        look
        | group
        | {
            "id": f"node-{block.id}",
            "tooltip": tip(block.tooltip, block.lines),
            "class": _classes("node", block.kind, *block.marks),
        }
    )


def frame_attributes(path: tuple[str, ...], name: str, theme: Theme) -> dict[str, str]:
    """Return how the frame around the blocks of a scope looks."""
    return {
        "label": as_label(Plain(name).html()), "labelloc": "t", "labeljust": "l",
        "style": "rounded,dashed", "color": theme.forward, "fontcolor": theme.faint,
        "fontsize": points(FRAME, theme), "margin": "7",
        "tooltip": tip("/".join(path)),
    }  # fmt: skip


def link_attributes(link: Link, identity: str, theme: Theme) -> dict[str, str]:
    """Return how an edge looks, what it says and what it is."""
    words = tip(link.tooltip, link.lines)
    if link.kind == "forward":
        attributes = {
            "color": theme.forward, "arrowhead": "vee",
            "class": _classes("forward", *link.marks),
            "id": identity, "tooltip": words, "arrowsize": "0.7",
        }  # fmt: skip
        if link.weight is not None:
            attributes |= _weighted(link, theme)
        return attributes | (_FADED if "dropped" in link.marks else {})
    color = theme.roles[link.role]
    width, dash = _stroke(link, theme)
    return {
        "dir": "back", "color": color, "fontcolor": color, "penwidth": width,
        "style": dash, "id": identity, "tooltip": words,
        "labeltooltip": words, "class": _classes("backward", link.role, *link.marks),
        "label": as_label(table(link.lines, theme)),
    }  # fmt: skip


def _weighted(link: Link, theme: Theme) -> dict[str, str]:
    """Show a weight: thick if large, dashed if negative, its number near its unit."""
    assert link.weight is not None
    look = {
        "penwidth": f"{min(0.6 + abs(link.weight), 3):.2f}", "arrowhead": "none",
        "style": "dashed" if link.weight < 0 else "solid",
    }  # fmt: skip
    if link.lines:
        look["headlabel"] = as_label(table(link.lines, theme))
    return look


def _stroke(link: Link, theme: Theme) -> tuple[str, str]:
    """Return width and dash: thin and dotted if too little flows, thick if too much."""
    if {"dead", "vanishing"} & set(link.marks):
        return "1", "dotted"
    wide = {"exploding", "not finite"} & set(link.marks)
    return "5" if wide else "2.2", theme.dashes[link.role]


def tip(text: str, lines: Sequence[Line] = ()) -> str:
    """Return a tooltip: some words, and every formula that the lines cut short."""
    short = {line.text.unicode(): line.text for line in lines}
    full = {words: whole(text) for words, text in short.items() if "…" in words}
    cut = [words for shorter, words in full.items() if words != shorter]
    told = _quoted(Plain(text).unicode())
    for words in cut:
        longer = rf"{told}\n{_quoted(words)}"
        if len(longer.encode()) > LONGEST_TIP:
            break
        told = longer
    return told


def _quoted(text: str) -> str:
    """Return text as an attribute value, with nothing in it an escape or markup.

    Graphviz reads the escapes in tooltips twice.
    """
    return html.escape(visible(text), quote=False).replace("\\", 4 * "\\")


def _classes(*names: str) -> str:
    """Return names as classes of an SVG element, as in ``node op not-finite``."""
    return " ".join(name.replace(" ", "-") for name in names)


def identifier(text: str) -> str:
    """Return text as the name of a graph in DOT."""
    slug = "".join(c if c.isascii() and c.isalnum() else "_" for c in text)
    return slug[:60] or "graph"
