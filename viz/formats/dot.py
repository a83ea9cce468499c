"""A scene as DOT, built with the `graphviz` package."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import graphviz

from chainrule.kinds.theme import Theme
from chainrule.viz.formats.columns import Places, has_skips, placed, without_labels
from chainrule.viz.formats.dot_attributes import (
    block_attributes,
    frame_attributes,
    identifier,
    link_attributes,
    tip,
)
from chainrule.viz.formats.html_labels import as_label, legend, points, scale, table
from chainrule.viz.formats.insets import drawn_insets
from chainrule.viz.formats.interruptions import interrupted, is_crossed
from chainrule.viz.formats.render import render
from chainrule.viz.formats.row_places import Stack, entering, row_scenes, stacked
from chainrule.viz.formats.rows import late_leaves
from chainrule.viz.formats.titles import moved_titles
from chainrule.viz.scene import Block, Scene
from chainrule.viz.style import LIGHT

MOST_LOOKED_AT = 120
"""Larger pictures are not laid out twice to see what covers labels and titles."""
_PORTS = {"LR": ("e", "w"), "RL": ("w", "e"), "TB": ("s", "n"), "BT": ("n", "s")}
Tree: TypeAlias = dict[tuple[str, ...], tuple[list[Block], list[tuple[str, ...]]]]
"""Path of a cluster → the blocks in it, and the clusters directly inside it."""


def to_digraph(
    scene: Scene, *, with_legend: bool = True, theme: Theme = LIGHT
) -> graphviz.Digraph:
    """Return the scene as a `graphviz.Digraph`; the same scene gives the same text."""
    if scene.rows:
        dot = _in_rows(scene, theme)
    elif scene.shape == "boxes":
        dot = _in_one_row(scene, theme)
    else:
        dot, scene = _circles(scene, theme)
    if text := _below(scene, with_legend, theme):
        dot.attr(label=text)
    return dot


def _in_one_row(scene: Scene, theme: Theme) -> graphviz.Digraph:
    """Return a graph of boxes, in which nothing covers a label or a frame's title.

    Titles are moved; lines that still run through one, or through a label, end there,
    and then everything has a place.
    """
    dot = _boxes(scene, theme)
    labels = any(link.lines for link in scene.links)
    if not (scene.clusters or labels) or len(scene.blocks) > MOST_LOOKED_AT:
        return dot
    layout = _laid_out(dot)
    if moved := moved_titles(layout):
        dot = _boxes(scene, theme, titles=moved)
        layout = _laid_out(dot)
    if not is_crossed(layout):
        return dot
    return _pinned(scene, [scene], Stack.of(layout), theme)


def _laid_out(dot: graphviz.Digraph) -> Any:
    return json.loads(render(dot.source, "json"))


def _boxes(
    scene: Scene,
    theme: Theme,
    *,
    tight: bool = False,
    titles: Mapping[str, str] | None = None,
) -> graphviz.Digraph:
    """Return a graph of boxes, for dot to lay out.

    A tight one needs little room: leaves stand before frames, not above them, and what
    keeps the two edges between two blocks apart is an empty label.
    """
    outside = entering(scene) if tight else ()
    if tight:
        titles = _at_the_end(scene)
    twins = {(k.tail, k.head) for k in scene.links if tight and k.kind == "backward"}
    dot = _empty(scene, theme)
    _add_cluster(dot, scene, _tree(scene), (), theme, titles=titles)
    late = late_leaves(scene)
    if late:
        dot.attr(newrank="true")  # edges between frames are binding
    for before, leaf in late:
        dot.edge(before, leaf, style="invis", weight="0")
    for link, identity in zip(scene.links, scene.link_ids(), strict=True):
        look = link_attributes(link, identity, theme)
        if link.straight:
            leave, enter = _PORTS[scene.rankdir]
            look |= {"tailport": leave, "headport": enter, "weight": "1000"}
        if identity in outside:
            look["minlen"] = "2"
        if link.kind == "forward" and (link.tail, link.head) in twins:
            look |= {"label": "\u2002\u2002", "fontsize": "5"}
        dot.edge(link.tail, link.head, **look)
    return dot


def _at_the_end(scene: Scene) -> dict[str, str]:
    """Return the places of titles in a row, which edges enter from the beginning."""
    return {f"cluster_{identifier('/'.join(path))}": "r" for path in scene.clusters}


def _in_rows(scene: Scene, theme: Theme) -> graphviz.Digraph:
    """Return a graph in rows, each laid out by itself, with places for everything."""
    parts = row_scenes(scene)
    laid = [_boxes(part, theme, tight=True) for part in parts]
    places = stacked(scene, parts, laid, theme)
    dot = _pinned(scene, parts, places, theme)
    layout = _laid_out(dot)
    if is_crossed(layout):
        dot = _pinned(scene, parts, places.interrupted(layout), theme)
    dot.attr(pad="0.1")
    return dot


def _pinned(
    scene: Scene, parts: Sequence[Scene], places: Stack, theme: Theme
) -> graphviz.Digraph:
    """Return a graph in which everything has a place."""
    dot = _empty(scene, theme)
    dot.attr(layout="nop2", notranslate="true")
    for number, part in enumerate(parts):
        titles = _at_the_end(part)
        _add_cluster(dot, part, _tree(part), (), theme, places, number, titles)
    for link, identity in zip(scene.links, scene.link_ids(), strict=True):
        look = link_attributes(link, identity, theme) | places.links[identity]
        dot.edge(link.tail, link.head, **look)
    return dot


def _circles(scene: Scene, theme: Theme) -> tuple[graphviz.Digraph, Scene]:
    """Return a graph of units that have places, and the scene that it shows."""
    nowhere = Places(dict.fromkeys((block.id for block in scene.blocks), (0.0, 0.0)))
    sizes = _sizes(render(_units(scene, theme, nowhere).source, "json0"))
    places = placed(scene, sizes, theme.text_scale)
    if not places.fits:
        scene = without_labels(scene)
        places = placed(scene, sizes, theme.text_scale)
    dot = _units(scene, theme, places)
    if places.course:
        names = scene.link_ids()
        course = {names[i]: curve for i, curve in places.course.items()}
        away = {names[i]: far for i, far in places.label.items()}
        courses = interrupted(_laid_out(dot), course, away)
        dot = _units(scene, theme, places, courses)
    if any(block.curve or block.image for block in scene.blocks):
        dot.attr(_background=drawn_insets(scene, _laid_out(dot), theme))
    return dot, scene


def _sizes(layout: bytes) -> dict[str, tuple[float, float]]:
    """Return the width and the height of each node of a layout, in points."""
    return {
        thing["name"]: (72 * float(thing["width"]), 72 * float(thing["height"]))
        for thing in json.loads(layout).get("objects", [])
    }


def _units(
    scene: Scene,
    theme: Theme,
    places: Places,
    courses: Mapping[str, Mapping[str, str]] | None = None,
) -> graphviz.Digraph:
    """Return a graph of units in their places, with edges that may have theirs."""
    dot = _empty(scene, theme)
    _add_cluster(dot, scene, _tree(scene), (), theme)
    splines = "true" if has_skips(scene) else "line"
    engine = "nop2" if courses else "nop"
    dot.attr(layout=engine, splines=splines, esep="+1", notranslate="true")
    for name, (x, y) in places.middle.items():
        dot.node(name, pos=f"{x:.1f},{y:.1f}")
    leave, enter = _PORTS[scene.rankdir]
    links = zip(scene.links, scene.link_ids(), strict=True)
    for link, identity in links:
        look = link_attributes(link, identity, theme)
        look |= {"tailport": leave, "headport": enter}
        look |= courses[identity] if courses else {}
        dot.edge(link.tail, link.head, **look)
    return dot


def _empty(scene: Scene, theme: Theme) -> graphviz.Digraph:
    """Return a graph with the attributes that all of it has."""
    size = points(12, theme)
    return graphviz.Digraph(
        identifier(scene.name),
        graph_attr={
            "rankdir": scene.rankdir, "bgcolor": theme.paper, "pad": "0.3",
            "nodesep": "0.4", "ranksep": "0.6", "splines": "true",
            "fontname": theme.font, "fontsize": size, "labelloc": "b",
            "tooltip": tip(scene.name), "compound": "true",
        },
        node_attr={"shape": "plain", "fontname": theme.font, "fontsize": size},
        edge_attr={"fontname": theme.font, "fontsize": size, "arrowsize": "0.8"},
    )  # fmt: skip


def _tree(scene: Scene) -> Tree:
    tree: Tree = {}
    for path in scene.clusters:
        tree.setdefault(path[:-1], ([], []))[1].append(path)
    for block in scene.blocks:
        tree.setdefault(block.cluster, ([], []))[0].append(block)
    return tree


def _below(scene: Scene, with_legend: bool, theme: Theme) -> str:
    """Return what stands below: the caption, and what colours mean."""
    bottom = [table(scene.caption, theme)] if scene.caption else []
    if with_legend and scene.legend:
        bottom.append(legend(scene, theme))
    if with_legend and scene.scale:
        bottom.append(scale(scene, theme))
    rows = "".join(f"<TR><TD>{part}</TD></TR>" for part in bottom)
    whole = f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="3">{rows}</TABLE>'
    return as_label(whole) if bottom else ""


def _add_cluster(
    dot: Any,
    scene: Scene,
    tree: Tree,
    path: tuple[str, ...],
    theme: Theme,
    places: Stack | None = None,
    row: int = 0,
    titles: Mapping[str, str] | None = None,
) -> None:
    """Add the blocks of one cluster and, inside it, the clusters in it."""
    blocks, children = tree.get(path, ([], []))
    for block in blocks:
        look = block_attributes(block, scene, theme)
        dot.node(block.id, **look, **(places.blocks[block.id] if places else {}))
    for child in children:
        name = f"cluster_{identifier('/'.join(child))}"
        look = frame_attributes(child, scene.clusters[child], theme)
        found = places.frames[row][name] if places else {}
        if titles and name in titles:
            look["labeljust"] = titles[name]
        with dot.subgraph(name=f"{name}__{row}" if row else name) as inner:
            inner.attr(**look, **found)
            _add_cluster(inner, scene, tree, child, theme, places, row, titles)
