"""The level of a drawing, by default the finest that can be read, and its parts."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from chainrule.graph import Graph
from chainrule.node import Input, Node
from chainrule.viz.graph.options import Level, Options
from chainrule.viz.graph.partition import Part, exits_of, partition
from chainrule.viz.graph.repeats import Folding, fold
from chainrule.viz.graph.subject import Subject

MOST_BLOCKS = 120
"""Nobody reads a picture with more blocks than this: the default level rises."""

_FINE_TO_COARSE: tuple[Level, ...] = ("op", "layer", "model")


@dataclass(frozen=True)
class Division:
    """The parts that a graph is drawn in.

    Attributes:
        graph: what is divided.
        parts: all of them.
        folding: which are shown.
        remark: says that the level rose, if it did.
    """

    graph: Graph
    parts: tuple[Part, ...]
    folding: Folding
    remark: str = ""

    @functools.cached_property
    def ids(self) -> tuple[str, ...]:
        """An id for each part, safe in every format and the same in every process."""
        taken: Counter[str] = Counter()
        ids = []
        for part in self.parts:
            path = "/".join(part.scope) if part.whole else self.graph.id[part.result]
            slug = "".join(c if c.isascii() and c.isalnum() else "_" for c in path)[:60]
            taken[slug] += 1
            ids.append(slug if taken[slug] == 1 else f"{slug}__{taken[slug]}")
        return tuple(ids)

    @property
    def block_of(self) -> dict[Node, str]:
        """Node → id of the block that shows it."""
        return {
            node: self.ids[i]
            for i in self.folding.shown
            for node in self.parts[i].nodes
        }

    @property
    def stand_in(self) -> dict[Node, str]:
        """Node → id of the block that shows it, or shows what it repeats."""
        return {
            node: self.ids[self.folding.shown_as(i)]
            for i, part in enumerate(self.parts)
            for node in part.nodes
        }


def divide(subject: Subject, options: Options) -> Division:
    """Divide a graph at the level asked for.

    Without one, that is the finest with at most `MOST_BLOCKS` blocks, from the
    subject's own on, or from ``"layer"`` on where layers are to be opened; if none has
    so few, the coarsest without its middle.
    """
    most = options.most_blocks or MOST_BLOCKS
    if options.level is not None:
        division = _divide_at(options.level, subject, options)
        if options.most_blocks is None or len(division.folding.shown) <= most:
            return division
        return _elided(division, most)
    finest = "layer" if options.expand is not None else subject.finest
    start = _FINE_TO_COARSE.index(finest)
    for level in _FINE_TO_COARSE[start:]:
        division = _divide_at(level, subject, options)
        if len(division.folding.shown) <= most:
            break
    else:
        division = _elided(division, most)
    if level == finest:
        return division
    remark = (
        f"{len(subject.graph)} operations are too many to read, so this is "
        f"level={level!r}; level={finest!r} shows them"
    )
    return replace(division, remark=remark)


def _divide_at(level: Level, subject: Subject, options: Options) -> Division:
    """Divide a graph at one level; with values every part shows its own."""
    graph, given = subject.graph, subject.given
    parts = tuple(partition(graph, level, options, given))
    folds = options.fold and options.values is None
    folding = fold(parts, graph, given) if folds else Folding(len(parts))
    return Division(graph, parts, folding)


def _end_of_scope(parts: Sequence[Part], most: int) -> int:
    """Return how many parts to keep, of which the last is the last of its layer."""
    for count in range(most, 0, -1):
        if parts[count - 1].scope[:1] != parts[count].scope[:1]:
            return count
    return most


def _elided(division: Division, most: int) -> Division:
    """Keep the first and the last parts; one part stands for those in between."""
    graph, parts = division.graph, division.parts
    begin = _end_of_scope(parts, most // 2)
    end = len(parts) - _end_of_scope(parts[::-1], most // 2)
    between = parts[begin:end]
    inputs = [p for p in between if not p.whole and isinstance(p.nodes[-1], Input)]
    middle = [part for part in between if part not in inputs]
    nodes = [node for part in middle for node in part.nodes]
    exits = exits_of(nodes, graph.consumers(), set(graph.outputs))
    label = f"⋮  {len(middle)} more blocks"
    one = Part(tuple(nodes), exits, label=label)
    fewer = (*parts[:begin], one, *inputs[: most // 2], *parts[end:])
    return Division(graph, fewer, Folding(len(fewer)))
