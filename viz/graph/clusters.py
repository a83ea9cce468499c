"""Clusters: the frames around blocks of one scope, and what they are called."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from chainrule.viz.graph.partition import Part
from chainrule.viz.graph.repeats import Folding, Repeat

Path: TypeAlias = tuple[str, ...]


@dataclass(frozen=True)
class Clusters:
    """The clusters of a drawing.

    Attributes:
        around: the path of the cluster that each part shown is in.
        label: path of a cluster → what it is called.
    """

    around: Mapping[int, Path]
    label: Mapping[Path, str]


def find_clusters(parts: Sequence[Part], folding: Folding) -> Clusters:
    """Return the scopes as clusters; the one around what repeats is "× 12"."""
    paths = [part.surroundings for part in parts]
    marked = {
        part: _around_repeat(repeat, paths)
        for repeat in folding.repeats
        if repeat.period > 1
        for part in repeat.first
    }
    around: dict[int, Path] = {}
    label: dict[Path, str] = {}
    for part in folding.shown:
        path = paths[part]
        if part in marked:
            depth, words, new = marked[part]
            if new:
                path = (*path[:depth], words, *path[depth:])
            label[path[: depth + new]] = words
        around[part] = path
        for depth in range(1, len(path) + 1):
            label.setdefault(path[:depth], path[depth - 1])
    return Clusters(around, label)


def _around_repeat(repeat: Repeat, paths: Sequence[Path]) -> tuple[int, str, bool]:
    """Return the depth and the label of the cluster that counts a repeat.

    It is the scope that the repeated parts have for themselves, or else a new cluster;
    which of the two is returned as well.
    """
    prefix = _common([paths[i] for i in repeat.first])
    depth = len(prefix)
    others = (*paths[: repeat.start], *paths[repeat.stop :])
    new = not prefix or any(path[:depth] == prefix for path in others)
    words = "" if new else prefix[-1]
    end = _common([paths[i] for i in repeat.last])
    if not new and end and end != prefix:
        words = f"{words} … {end[-1]}"
    words = f"{words}  × {repeat.times}, drawn: the first; each leads to the next"
    return depth, words.strip(), new


def _common(paths: Sequence[Path]) -> Path:
    """Return what all paths begin with."""
    levels = itertools.takewhile(
        lambda names: len(set(names)) == 1, zip(*paths, strict=False)
    )
    return tuple(names[0] for names in levels)
