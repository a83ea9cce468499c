"""A scene as DOT, built with the `graphviz` package."""

from __future__ import annotations

from typing import Any

import graphviz

from chainrule.viz import style
from chainrule.viz.scene import Block, Line, Link, Scene
from chainrule.viz.text import Plain


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
    tree: dict[tuple[str, ...], list[Block]] = {}
    for block in scene.blocks:
        tree.setdefault(block.cluster, []).append(block)
    _add_cluster(dot, scene, tree, ())
    for link in scene.links:
        dot.edge(link.tail, link.head, **_link_attributes(link))
    bottom = [table(scene.caption)] if scene.caption else []
    if legend and scene.legend:
        bottom.append(_legend(scene))
    if bottom:
        rows = "".join(f"<TR><TD>{part}</TD></TR>" for part in bottom)
        dot.attr(
            label=f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="6">{rows}</TABLE>>'
        )
    return dot


def table(lines: list[Line]) -> str:
    """Return lines as an HTML table, one row each."""
    rows = "".join(f"<TR><TD>{_html_of(line)}</TD></TR>" for line in lines)
    return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0">{rows}</TABLE>'


def _add_cluster(
    dot: Any,
    scene: Scene,
    tree: dict[tuple[str, ...], list[Block]],
    path: tuple[str, ...],
) -> None:
    """Add the blocks of one cluster and, inside it, those of the clusters below."""
    for block in tree.get(path, ()):
        dot.node(
            block.id, label=f"<{_block_table(block)}>", id=f"node-{block.id}",
            tooltip=_quoted(block.tooltip),
            **{"class": " ".join(("node", block.kind, *block.marks))},
        )  # fmt: skip
    depth = len(path) + 1
    for child, name in scene.clusters.items():
        if len(child) == depth and child[:-1] == path:
            identity = "/".join(child)
            with dot.subgraph(name=f"cluster_{_identifier(identity)}") as inner:
                inner.attr(
                    label=f"<{Plain(name).html()}>", labelloc="t", labeljust="l",
                    style="rounded,dashed", color=style.FORWARD,
                    fontcolor=style.FAINT, fontsize="11", margin="10",
                    tooltip=_quoted(identity),
                )  # fmt: skip
                _add_cluster(inner, scene, tree, child)


def _block_table(block: Block) -> str:
    fill, border = style.FILL[block.kind]
    width = {"parameter": 2, "input": 0, "constant": 0}.get(block.kind, 1)
    title = Line(block.title, "title")
    rows = "".join(
        ("<HR/>" if new_section else "") + f"<TR><TD>{_html_of(line)}</TD></TR>"
        for line, new_section in _sections([title, *block.lines])
    )
    return (
        f'<TABLE BORDER="{width}" COLOR="{border}" STYLE="rounded" CELLBORDER="0" '
        f'CELLSPACING="0" CELLPADDING="3" BGCOLOR="{fill}">{rows}</TABLE>'
    )


def _sections(lines: list[Line]) -> list[tuple[Line, bool]]:
    """Say where a rule is drawn: before the gradients of a long label."""
    long = len(lines) > 5
    return [
        (line, long and line.kind == "gradient" and before.kind != "gradient")
        for before, line in zip([lines[0], *lines], lines, strict=False)
    ]


def _html_of(line: Line) -> str:
    """Return one line with its size and colour."""
    color = style.COLOR[line.role] if line.role else style.INK
    if line.role is None and line.kind in ("shape", "value", "note"):
        color = style.FAINT
    text = line.text.html()
    if line.kind == "symbol":
        text = f"<B>{text}</B>"
    return f'<FONT POINT-SIZE="{style.SIZE[line.kind]}" COLOR="{color}">{text}</FONT>'


def _link_attributes(link: Link) -> dict[str, str]:
    identity = f"{link.kind}-{link.tail}-{link.head}"
    tip = _quoted(link.tooltip)
    if link.kind == "forward":
        return {
            "color": style.FORWARD, "arrowhead": "vee", "class": "forward",
            "id": identity, "tooltip": tip, "arrowsize": "0.7",
        }  # fmt: skip
    color = style.COLOR[link.role]
    cells = "".join(f"<TR><TD>{_html_of(line)}</TD></TR>" for line in link.lines)
    return {
        "dir": "back", "color": color, "fontcolor": color, "penwidth": "2.2",
        "style": style.DASH[link.role], "id": identity, "tooltip": tip,
        "labeltooltip": tip, "class": " ".join(("backward", link.role, *link.marks)),
        "label": f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" '
        f'CELLPADDING="1">{cells}</TABLE>>',
    }  # fmt: skip


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


_MARK = {"solid": "◀━━", "dashed": "◀╍╍", "dotted": "◀┈┈"}


def _quoted(text: str) -> str:
    """Return text as an attribute in which nothing is an escape or markup."""
    escaped: str = graphviz.escape(Plain(text).unicode())
    return escaped


def _identifier(text: str) -> str:
    slug = "".join(c if c.isascii() and c.isalnum() else "_" for c in text)
    return slug[:60] or "graph"
