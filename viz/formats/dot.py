"""A scene as DOT, built with the `graphviz` package."""

from __future__ import annotations

import itertools
from typing import Any, TypeAlias

import graphviz

from chainrule.viz import style
from chainrule.viz.formats.html_labels import framed, legend, scale, table
from chainrule.viz.scene import Block, Line, Link, Scene
from chainrule.viz.text import Plain

Tree: TypeAlias = dict[tuple[str, ...], tuple[list[Block], list[tuple[str, ...]]]]
"""Path of a cluster → the blocks in it, and the clusters directly inside it."""


def to_digraph(scene: Scene, *, with_legend: bool = True) -> graphviz.Digraph:
    """Return the scene as a `graphviz.Digraph`; the same scene gives the same text."""
    dot = graphviz.Digraph(
        _identifier(scene.name),
        graph_attr={
            "rankdir": scene.rankdir, "bgcolor": "white", "pad": "0.3",
            "nodesep": "0.4", "ranksep": "0.6", "splines": "true",
            "fontname": style.FONT, "fontsize": "12", "labelloc": "b",
            "tooltip": _quoted(scene.name), "compound": "true",
        },
        node_attr={"shape": "plain", "fontname": style.FONT, "fontsize": "12"},
        edge_attr={"fontname": style.FONT, "fontsize": "12", "arrowsize": "0.8"},
    )  # fmt: skip
    tree: Tree = {}
    for path in scene.clusters:
        tree.setdefault(path[:-1], ([], []))[1].append(path)
    for block in scene.blocks:
        tree.setdefault(block.cluster, ([], []))[0].append(block)
    _add_cluster(dot, scene, tree, ())
    if scene.shape == "circles":
        _add_columns(dot, scene)
    for link, identity in zip(scene.links, scene.link_ids(), strict=True):
        look = _link_attributes(link, identity)
        if link.straight:
            leave, enter = _PORTS[scene.rankdir]
            look |= {"tailport": leave, "headport": enter, "weight": "1000"}
        dot.edge(link.tail, link.head, **look)
    bottom = [table(scene.caption)] if scene.caption else []
    if with_legend and scene.legend:
        bottom.append(legend(scene))
    if with_legend and scene.scale:
        bottom.append(scale(scene))
    if bottom:
        rows = "".join(f"<TR><TD>{part}</TD></TR>" for part in bottom)
        dot.attr(
            label=f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="6">{rows}</TABLE>>'
        )
    return dot


def _add_columns(dot: Any, scene: Scene) -> None:
    """Put units of one column on one rank, in order, with room for weights between."""
    labelled = any(link.lines for link in scene.links)
    gaps = {"ranksep": "2.6", "nodesep": "0.55"} if labelled else {"ranksep": "1.6"}
    dot.attr(splines="line", ordering="out", **gaps)
    columns: dict[int, list[str]] = {}
    for block in scene.blocks:
        if block.rank is not None:
            columns.setdefault(block.rank, []).append(block.id)
    for ids in columns.values():
        with dot.subgraph() as column:
            column.attr(rank="same")
            for above, below in itertools.pairwise(ids):
                column.edge(above, below, style="invis")


def _add_cluster(
    dot: Any,
    scene: Scene,
    tree: Tree,
    path: tuple[str, ...],
) -> None:
    """Add the blocks of one cluster and, inside it, the clusters in it."""
    blocks, children = tree.get(path, ([], []))
    for block in blocks:
        dot.node(
            block.id,
            id=f"node-{block.id}",
            tooltip=_quoted(block.tooltip),
            **{"class": _classes("node", block.kind, *block.marks)},
            **({"group": block.group} if block.group else {}),
            **(_circle(block) if scene.shape == "circles" else _box(block)),
        )
    for child in children:
        name, identity = scene.clusters[child], "/".join(child)
        with dot.subgraph(name=f"cluster_{_identifier(identity)}") as inner:
            inner.attr(
                label=f"<{Plain(name).html()}>", labelloc="t", labeljust="l",
                style="rounded,dashed", color=style.FORWARD,
                fontcolor=style.FAINT, fontsize="11", margin="10",
                tooltip=_quoted(identity),
            )  # fmt: skip
            _add_cluster(inner, scene, tree, child)


def _circle(block: Block) -> dict[str, str]:
    if block.kind == "constant":
        return {"label": "⋮", "shape": "plain", "fontsize": "20"}
    fill, border = style.FILL[block.kind]
    return {
        "label": f"<{table([Line(block.title, 'title'), *block.lines])}>",
        "shape": "circle", "fillcolor": fill, "margin": "0.02",
        "style": "filled,dashed" if "dropped" in block.marks else "filled",
        "color": border if block.kind != "input" else style.FAINT,
        "width": "0.9", "penwidth": "1.3",
    }  # fmt: skip


def _box(block: Block) -> dict[str, str]:
    return {"label": f"<{framed(block)}>"}


def _link_attributes(link: Link, identity: str) -> dict[str, str]:
    tip = _quoted(link.tooltip)
    if link.kind == "forward":
        attributes = {
            "color": style.FORWARD, "arrowhead": "vee", "class": "forward",
            "id": identity, "tooltip": tip, "arrowsize": "0.7",
        }  # fmt: skip
        return attributes | (_weighted(link) if link.weight is not None else {})
    color = style.COLOR[link.role]
    width, dash = _stroke(link)
    return {
        "dir": "back", "color": color, "fontcolor": color, "penwidth": width,
        "style": dash, "id": identity, "tooltip": tip,
        "labeltooltip": tip, "class": _classes("backward", link.role, *link.marks),
        "label": f"<{table(link.lines)}>",
    }  # fmt: skip


def _weighted(link: Link) -> dict[str, str]:
    """Show a weight: thick if large, dashed if negative, its number near its unit."""
    assert link.weight is not None
    look = {
        "penwidth": f"{min(0.6 + abs(link.weight), 3):.2f}", "arrowhead": "none",
        "style": "dashed" if link.weight < 0 else "solid",
    }  # fmt: skip
    if link.lines:
        look |= {
            "headlabel": f"<{table(link.lines, background='white')}>",
            "labeldistance": "6.5", "labelangle": "0",
        }  # fmt: skip
    return look


def _stroke(link: Link) -> tuple[str, str]:
    """Return width and dash: thin and dotted if too little flows, thick if too much."""
    if {"dead", "vanishing"} & set(link.marks):
        return "1", "dotted"
    wide = {"exploding", "not finite"} & set(link.marks)
    return "5" if wide else "2.2", style.DASH[link.role]


_PORTS = {"LR": ("e", "w"), "RL": ("w", "e"), "TB": ("s", "n"), "BT": ("n", "s")}


def _quoted(text: str) -> str:
    """Return text as an attribute value, with nothing in it an escape or markup."""
    escaped: str = graphviz.escape(Plain(text).unicode())
    return escaped


def _classes(*names: str) -> str:
    """Return names as classes of an SVG element, as in ``node op not-finite``."""
    return " ".join(name.replace(" ", "-") for name in names)


def _identifier(text: str) -> str:
    slug = "".join(c if c.isascii() and c.isalnum() else "_" for c in text)
    return slug[:60] or "graph"
