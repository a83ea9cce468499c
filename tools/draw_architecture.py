"""Draw docs/architecture.svg: the rooms of the house, and which imports which.

The picture is made from the imports in the code, those for type checkers included, so
it cannot disagree with them. An arrow that follows from others is left out. After
changing who imports whom run ``python tools/draw_architecture.py``; a test compares the
file.
"""

from __future__ import annotations

import importlib
from pathlib import Path

import grimp
import networkx as nx

from chainrule.viz.diagram import Diagram
from chainrule.viz.scene import Block, BlockKind, Line, Link, Scene
from chainrule.viz.text import Plain

TARGET = Path(__file__).parents[1] / "docs" / "architecture.svg"
LEFT_OUT = {"__main__", "errors", "testing"}
"""Rooms that everybody imports, or that import everybody."""
EXCEPTION = ("node", "ops")
"""The one circle: a node holds its op, and an op makes nodes."""
COLORS: dict[str, BlockKind] = {
    **dict.fromkeys(["plugins", "backends", "viz"], "parameter"),
    **dict.fromkeys(
        ["node", "ops", "graph", "autodiff", "program", "execution"], "loss"
    ),
}
"""Blue: the wings, which the core does not know. Yellow: the path of a number."""


def rooms() -> nx.DiGraph[str]:
    """Return the rooms with their imports, importer → imported."""
    imports = grimp.build_graph(
        "chainrule", exclude_type_checking_imports=False, cache_dir=None
    )
    found: nx.DiGraph[str] = nx.DiGraph()
    for importer in imports.modules:
        for imported in imports.find_modules_directly_imported_by(importer):
            ends = (importer.split(".")[1:2], imported.split(".")[1:2])
            if all(ends) and ends[0] != ends[1]:
                found.add_edge(ends[0][0], ends[1][0])
    found.remove_nodes_from(LEFT_OUT)
    found.remove_edges_from([EXCEPTION])
    return found


def diagram() -> Diagram:
    """Return the picture."""
    graph = rooms()
    blocks = [
        Block(
            room,
            COLORS.get(room, "op"),
            Plain(room),
            lines=(Line(Plain(summary(room)), "note"),),
        )
        for room in sorted(graph)
    ]
    links = [
        Link(importer, imported, "forward")
        for importer, imported in sorted(nx.transitive_reduction(graph).edges)
    ]
    scene = Scene(
        "architecture", blocks=tuple(blocks), links=tuple(links), rankdir="TB"
    )
    return Diagram(scene)


def summary(room: str) -> str:
    """Return the first line of a room's docstring, without its name."""
    text = importlib.import_module(f"chainrule.{room}").__doc__ or ""
    first = text.strip().split("\n", 1)[0].rstrip(".").replace("`", "")
    return first.partition(": ")[2] or first


if __name__ == "__main__":
    print(f"wrote {diagram().save(TARGET)}")
