"""Rows: a chain that runs straight, and a long one laid out like text."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace

from chainrule.viz.scene import Scene

LEAVES = ("input", "parameter", "constant")
"""Kinds of blocks that stand before their first use, wherever that is."""


def in_rows(scene: Scene, count: int) -> Scene:
    """Lay a scene out in rows; one with frames around its blocks stays as it is.

    Edges from row to row are free: they do not say what stands before what.
    """
    if count < 2 or scene.clusters or scene.shape == "circles":
        return scene
    depth = _depths(scene)
    if max(depth.values(), default=0) < count:
        return scene
    length = math.ceil((max(depth.values()) + 1) / count)
    row = {identity: place // length for identity, place in depth.items()}
    for link in reversed(scene.links):
        if link.tail not in row and link.head in row:
            row[link.tail] = row[link.head]
    heads: dict[int, str] = {}
    for identity, place in depth.items():
        if place % length == 0:
            heads.setdefault(place // length, identity)
    links = [
        replace(link, free=row.get(link.tail) != row.get(link.head))
        for link in scene.links
    ]
    return replace(scene, links=links, rows=tuple(heads.values()))


def _depths(scene: Scene) -> dict[str, int]:
    """Return how far each block is from the beginning; leaves have no place."""
    leaves = {b.id for b in scene.blocks if b.kind in LEAVES}
    before: dict[str, list[str]] = defaultdict(list)
    for link in scene.links:
        if link.tail not in leaves and link.tail != link.head:
            before[link.head].append(link.tail)
    depth: dict[str, int] = {}
    for block in scene.blocks:  # in the order of computation
        if block.id not in leaves:
            known = [depth[x] for x in before[block.id] if x in depth]
            depth[block.id] = max(known, default=-1) + 1
    return depth


def late_leaves(scene: Scene) -> list[tuple[str, str]]:
    """Return which leaf of a frame must stand behind which block before that frame.

    Left to itself, Graphviz puts a leaf beside the end of the frame before, so that
    two frames reach into the same columns and cannot stand in one row.
    """
    block = {b.id: b for b in scene.blocks}
    arrives: dict[tuple[str, ...], str] = {}
    for link in scene.links:
        path = block[link.head].cluster[:1]
        inner = block[link.tail].kind not in LEAVES
        if path and inner and block[link.tail].cluster[:1] != path:
            arrives.setdefault(path, link.tail)
    found = [
        (arrives[b.cluster[:1]], b.id)
        for b in scene.blocks
        if b.kind in LEAVES and b.cluster[:1] in arrives
    ]
    return list(dict.fromkeys(found))
