"""A scene as DOT, built with the `graphviz` package."""

from __future__ import annotations

import itertools
from typing import Any, TypeAlias

import graphviz

from chainrule.viz import style
from chainrule.viz.scene import Block, Line, Link, Scene
from chainrule.viz.text import Plain

Tree: TypeAlias = dict[tuple[str, ...], tuple[list[Block], list[tuple[str, ...]]]]
"""Path of a cluster → the blocks in it, and the clusters right below it."""


def to_digraph(scene: Scene, *, legend: bool = True) -> graphviz.Digraph:
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
    if legend and scene.legend:
        bottom.append(_legend(scene))
    if legend and scene.scale:
        bottom.append(_scale(scene))
    if bottom:
        rows = "".join(f"<TR><TD>{part}</TD></TR>" for part in bottom)
        dot.attr(
            label=f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="6">{rows}</TABLE>>'
        )
    return dot


def _add_columns(dot: Any, scene: Scene) -> None:
    """Put units of one column on one rank, in order, with room for weights between."""
    written = any(link.lines for link in scene.links)
    gaps = {"ranksep": "2.6", "nodesep": "0.55"} if written else {"ranksep": "1.6"}
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


def table(lines: list[Line], background: str = "") -> str:
    """Return lines as an HTML table, one row each."""
    rows = "".join(
        f"<TR><TD>&#8201;{_html_of(line)}&#8201;</TD></TR>" for line in lines
    )
    fill = f' BGCOLOR="{background}"' if background else ""
    frame = 'BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1"'
    return f"<TABLE{fill} {frame}>{rows}</TABLE>"


def _add_cluster(
    dot: Any,
    scene: Scene,
    tree: Tree,
    path: tuple[str, ...],
) -> None:
    """Add the blocks of one cluster and, inside it, those of the clusters below."""
    blocks, children = tree.get(path, ([], []))
    for block in blocks:
        dot.node(
            block.id,
            id=f"node-{block.id}",
            tooltip=_quoted(block.tooltip),
            **{"class": " ".join(("node", block.kind, *block.marks))},
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
    """Return the label of a block as a table with a frame."""
    fill, border = style.FILL[block.kind]
    fill = fill if block.heat is None else style.HEAT[block.heat]
    width = {"parameter": 2, "input": 0, "constant": 0}.get(block.kind, 1)
    title = Line(block.title, "title")
    rows = "".join(
        ("<HR/>" if new_section else "")
        + f"<TR><TD>&#8201;{_html_of(line)}&#8201;</TD></TR>"
        for line, new_section in _sections([title, *block.lines])
    )
    return {
        "label": f'<<TABLE BORDER="{width}" COLOR="{border}" STYLE="rounded" '
        f'CELLBORDER="0" CELLSPACING="0" CELLPADDING="3" BGCOLOR="{fill}">'
        f"{rows}</TABLE>>"
    }


def _sections(lines: list[Line]) -> list[tuple[Line, bool]]:
    """Say where a rule is drawn: before the gradients of a long label."""
    kinds = [line.kind for line in lines]
    first = kinds.index("gradient") if "gradient" in kinds and len(lines) > 5 else -1
    return [(line, number == first) for number, line in enumerate(lines)]


def _html_of(line: Line) -> str:
    """Return one line with its size and colour."""
    color = style.COLOR[line.role] if line.role else style.INK
    if line.kind in ("mark", "good"):
        color = style.GOOD if line.kind == "good" else style.ALARM
    elif line.role is None and line.kind in ("shape", "value", "note"):
        color = style.FAINT
    text = line.text.html()
    if line.kind in ("symbol", "time"):
        text = f"<B>{text}</B>"
    return f'<FONT POINT-SIZE="{style.SIZE[line.kind]}" COLOR="{color}">{text}</FONT>'


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
        "labeltooltip": tip, "class": " ".join(("backward", link.role, *link.marks)),
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
    """Return width and dash: thin and dotted if little flows, thick if too much."""
    if {"dead", "vanishing"} & set(link.marks):
        return "1", "dotted"
    wide = {"exploding", "not finite"} & set(link.marks)
    return "5" if wide else "2.2", style.DASH[link.role]


def _legend(scene: Scene) -> str:
    cells = "".join(
        f'<TD><FONT POINT-SIZE="11" COLOR="{style.COLOR[role]}">'
        f"{_MARK[style.DASH[role]]} {Plain(text).html()}</FONT></TD>"
        for role, text in scene.legend
    )
    forward = (
        f'<TD><FONT POINT-SIZE="11" COLOR="{style.FAINT}">→ forward</FONT></TD>'
        if any(link.kind == "forward" for link in scene.links)
        else ""
    )
    return (
        '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="8"><TR>'
        f"{forward}{cells}</TR></TABLE>"
    )


def _scale(scene: Scene) -> str:
    cells = "".join(
        f'<TD BGCOLOR="{style.HEAT[heat]}"><FONT POINT-SIZE="11" '
        f'COLOR="{style.INK}">{Plain(text).html()}</FONT></TD>'
        for heat, text in scene.scale
    )
    return (
        f'<TABLE BORDER="1" COLOR="{style.FAINT}" CELLBORDER="0" CELLSPACING="0" '
        f'CELLPADDING="4"><TR>{cells}</TR></TABLE>'
    )


_PORTS = {"LR": ("e", "w"), "RL": ("w", "e"), "TB": ("s", "n"), "BT": ("n", "s")}
_MARK = {"solid": "◀━━", "dashed": "◀╍╍", "dotted": "◀┈┈"}


def _quoted(text: str) -> str:
    """Return text as an attribute in which nothing is an escape or markup."""
    escaped: str = graphviz.escape(Plain(text).unicode())
    return escaped


def _identifier(text: str) -> str:
    slug = "".join(c if c.isascii() and c.isalnum() else "_" for c in text)
    return slug[:60] or "graph"
