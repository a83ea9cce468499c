"""A scene as DOT, built with the `graphviz` package."""

from __future__ import annotations

import html
import itertools
import json
from collections.abc import Sequence
from typing import Any, TypeAlias

import graphviz

from chainrule.kinds.theme import Theme
from chainrule.viz.formats.columns import Places, has_skips, placed, without_labels
from chainrule.viz.formats.curves import drawn_curves
from chainrule.viz.formats.html_labels import (
    as_label,
    framed,
    legend,
    points,
    scale,
    table,
)
from chainrule.viz.formats.render import render
from chainrule.viz.formats.rows import late_leaves
from chainrule.viz.formats.units import unit_look
from chainrule.viz.scene import Block, Line, Link, Scene
from chainrule.viz.style import LIGHT
from chainrule.viz.text import Plain, visible, whole

LONGEST_TIP = 15_000
"""Bytes of a tooltip: Graphviz reads no more than 16,384 between two quotes."""
Tree: TypeAlias = dict[tuple[str, ...], tuple[list[Block], list[tuple[str, ...]]]]
"""Path of a cluster → the blocks in it, and the clusters directly inside it."""


def to_digraph(
    scene: Scene, *, with_legend: bool = True, theme: Theme = LIGHT
) -> graphviz.Digraph:
    """Return the scene as a `graphviz.Digraph`; the same scene gives the same text."""
    if scene.shape == "boxes":
        return _digraph(scene, with_legend, theme, None)
    nowhere = Places(dict.fromkeys((block.id for block in scene.blocks), (0.0, 0.0)))
    bare = _digraph(scene, False, theme, nowhere).source
    places = placed(scene, _sizes(render(bare, "json0")), theme.text_scale)
    if not places.fits:
        scene = without_labels(scene)
        places = placed(scene, _sizes(render(bare, "json0")), theme.text_scale)
    dot = _digraph(scene, with_legend, theme, places)
    if any(block.curve for block in scene.blocks):
        layout = render(dot.source, "json").decode()
        dot.attr(_background=drawn_curves(scene, layout, theme))
    return dot


def _sizes(layout: bytes) -> dict[str, tuple[float, float]]:
    """Return the width and the height of each node of a layout, in points."""
    return {
        thing["name"]: (72 * float(thing["width"]), 72 * float(thing["height"]))
        for thing in json.loads(layout).get("objects", [])
    }


def _digraph(
    scene: Scene, with_legend: bool, theme: Theme, places: Places | None
) -> graphviz.Digraph:
    """Return the scene; units of columns have places."""
    size = points(12, theme)
    dot = graphviz.Digraph(
        _identifier(scene.name),
        graph_attr={
            "rankdir": scene.rankdir, "bgcolor": theme.paper, "pad": "0.3",
            "nodesep": "0.4", "ranksep": "0.6", "splines": "true",
            "fontname": theme.font, "fontsize": size, "labelloc": "b",
            "tooltip": _tip(scene.name), "compound": "true",
        },
        node_attr={"shape": "plain", "fontname": theme.font, "fontsize": size},
        edge_attr={"fontname": theme.font, "fontsize": size, "arrowsize": "0.8"},
    )  # fmt: skip
    tree: Tree = {}
    for path in scene.clusters:
        tree.setdefault(path[:-1], ([], []))[1].append(path)
    for block in scene.blocks:
        tree.setdefault(block.cluster, ([], []))[0].append(block)
    _add_cluster(dot, scene, tree, (), theme)
    if places is not None:
        splines = "true" if has_skips(scene) else "line"
        dot.attr(layout="nop", splines=splines, esep="+1")
        for name, (x, y) in places.middle.items():
            dot.node(name, pos=f"{x:.1f},{y:.1f}")
    if scene.rows:
        with dot.subgraph() as column:
            column.attr(rank="same")
            for above, below in itertools.pairwise(scene.rows):
                column.edge(above, below, style="invis")
    late = late_leaves(scene)
    if late:
        dot.attr(newrank="true")  # edges between frames are binding
    for before, leaf in late:
        dot.edge(before, leaf, style="invis", weight="0")
    links = zip(scene.links, scene.link_ids(), strict=True)
    for place, (link, identity) in enumerate(links):
        look = _link_attributes(link, identity, theme)
        if places is not None:
            look |= dict(
                zip(("tailport", "headport"), _PORTS[scene.rankdir], strict=True)
            )
        if places is not None and place in places.label:
            look["labeldistance"] = f"{places.label[place] / LABEL_DISTANCE:.2f}"
        if link.free:
            look["constraint"] = "false"
        if link.straight and not link.free:
            leave, enter = _PORTS[scene.rankdir]
            look |= {"tailport": leave, "headport": enter, "weight": "1000"}
        dot.edge(link.tail, link.head, **look)
    bottom = [table(scene.caption, theme)] if scene.caption else []
    if with_legend and scene.legend:
        bottom.append(legend(scene, theme))
    if with_legend and scene.scale:
        bottom.append(scale(scene, theme))
    if bottom:
        rows = "".join(f"<TR><TD>{part}</TD></TR>" for part in bottom)
        dot.attr(
            label=as_label(
                f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="6">{rows}</TABLE>'
            )
        )
    return dot


def _add_cluster(
    dot: Any,
    scene: Scene,
    tree: Tree,
    path: tuple[str, ...],
    theme: Theme,
) -> None:
    """Add the blocks of one cluster and, inside it, the clusters in it."""
    blocks, children = tree.get(path, ([], []))
    for block in blocks:
        dot.node(
            block.id,
            id=f"node-{block.id}",
            tooltip=_tip(block.tooltip, block.lines),
            **{"class": _classes("node", block.kind, *block.marks)},
            **({"group": block.group} if block.group else {}),
            **(
                unit_look(block, theme)
                if scene.shape == "circles"
                else _box(block, theme)
            ),
        )
    for child in children:
        name, identity = scene.clusters[child], "/".join(child)
        with dot.subgraph(name=f"cluster_{_identifier(identity)}") as inner:
            inner.attr(
                label=as_label(Plain(name).html()), labelloc="t", labeljust="l",
                style="rounded,dashed", color=theme.forward,
                fontcolor=theme.faint, fontsize=points(11, theme), margin="10",
                tooltip=_tip(identity),
            )  # fmt: skip
            _add_cluster(inner, scene, tree, child, theme)


def _box(block: Block, theme: Theme) -> dict[str, str]:
    return {"label": as_label(framed(block, theme))}


def _link_attributes(link: Link, identity: str, theme: Theme) -> dict[str, str]:
    tip = _tip(link.tooltip, link.lines)
    if link.kind == "forward":
        attributes = {
            "color": theme.forward, "arrowhead": "vee",
            "class": _classes("forward", *link.marks),
            "id": identity, "tooltip": tip, "arrowsize": "0.7",
        }  # fmt: skip
        if link.weight is not None:
            attributes |= _weighted(link, theme)
        return attributes | (_FADED if "dropped" in link.marks else {})
    color = theme.roles[link.role]
    width, dash = _stroke(link, theme)
    return {
        "dir": "back", "color": color, "fontcolor": color, "penwidth": width,
        "style": dash, "id": identity, "tooltip": tip,
        "labeltooltip": tip, "class": _classes("backward", link.role, *link.marks),
        "label": as_label(table(link.lines, theme)),
    }  # fmt: skip


_FADED = {"penwidth": "0.5", "style": "dotted"}
"""How the edges of dropped units look."""


def _weighted(link: Link, theme: Theme) -> dict[str, str]:
    """Show a weight: thick if large, dashed if negative, its number near its unit."""
    assert link.weight is not None
    look = {
        "penwidth": f"{min(0.6 + abs(link.weight), 3):.2f}", "arrowhead": "none",
        "style": "dashed" if link.weight < 0 else "solid",
    }  # fmt: skip
    if link.lines:
        look |= {
            "headlabel": as_label(table(link.lines, theme, _behind(theme))),
            "labelangle": "0",
        }  # fmt: skip
    return look


def _behind(theme: Theme) -> str:
    """Return the colour behind a label that lies over an edge; none if unknown."""
    return "" if theme.paper == "transparent" else theme.paper


def _stroke(link: Link, theme: Theme) -> tuple[str, str]:
    """Return width and dash: thin and dotted if too little flows, thick if too much."""
    if {"dead", "vanishing"} & set(link.marks):
        return "1", "dotted"
    wide = {"exploding", "not finite"} & set(link.marks)
    return "5" if wide else "2.2", theme.dashes[link.role]


LABEL_DISTANCE = 10.0
"""Points that Graphviz' labeldistance counts in."""
_PORTS = {"LR": ("e", "w"), "RL": ("w", "e"), "TB": ("s", "n"), "BT": ("n", "s")}


def _tip(text: str, lines: Sequence[Line] = ()) -> str:
    """Return a tooltip: some words, and every formula that the lines cut short."""
    full = {line.text.unicode(): whole(line.text) for line in lines}
    cut = [words for short, words in full.items() if words != short]
    tip = _quoted(Plain(text).unicode())
    for words in cut:
        longer = rf"{tip}\n{_quoted(words)}"
        if len(longer.encode()) > LONGEST_TIP:
            break
        tip = longer
    return tip


def _quoted(text: str) -> str:
    """Return text as an attribute value, with nothing in it an escape or markup.

    Graphviz reads the escapes in tooltips twice.
    """
    return html.escape(visible(text), quote=False).replace("\\", 4 * "\\")


def _classes(*names: str) -> str:
    """Return names as classes of an SVG element, as in ``node op not-finite``."""
    return " ".join(name.replace(" ", "-") for name in names)


def _identifier(text: str) -> str:
    slug = "".join(c if c.isascii() and c.isalnum() else "_" for c in text)
    return slug[:60] or "graph"
