"""Which level a diagram has when none is asked for: the finest that can be read."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.graph import Graph
from chainrule.viz.graph.partition import Expand, Level, Part, partition
from chainrule.viz.graph.repeats import Repeat, find_repeats

MOST_BLOCKS = 120
"""A picture with more blocks than this is not read: the default level rises."""

_FINE_TO_COARSE: tuple[Level, ...] = ("op", "layer", "model")


def divide(
    graph: Graph,
    level: Level | None,
    finest: Level,
    *,
    expand: Expand = None,
    depth: int | None = None,
    fold: bool = True,
) -> tuple[list[Part], list[Repeat], str]:
    """Return the parts, what repeats among them, and a remark if the level rose.

    Without a `level`, it is the finest, from `finest` on, with at most `MOST_BLOCKS`
    blocks; if none has so few, the coarsest, without its middle.
    """
    start = _FINE_TO_COARSE.index(level or finest)
    choices = (level,) if level else _FINE_TO_COARSE[start:]
    for chosen in choices:
        parts = partition(graph, chosen, expand=expand, depth=depth, fold=fold)
        repeats = find_repeats(parts, graph) if fold else []
        if visible(parts, repeats) <= MOST_BLOCKS:
            break
    if level is None and visible(parts, repeats) > MOST_BLOCKS:
        parts, repeats = _without_middle(parts), []
    remark = ""
    if level is None and chosen != finest:
        remark = (
            f"{len(graph)} operations are too many to read, so this is "
            f"level={chosen!r}; level={finest!r} shows them"
        )
    return parts, repeats, remark


def _without_middle(parts: list[Part]) -> list[Part]:
    """Keep the beginning and the end, and let one block stand for what is between."""
    kept = MOST_BLOCKS // 2
    left_out = parts[kept:-kept]
    inputs = [p for p in left_out if not p.whole and not p.nodes[-1].inputs]
    middle = [part for part in left_out if part not in inputs]
    nodes = [node for part in middle for node in part.nodes]
    label = f"⋮  {len(middle)} more blocks"
    return [*parts[:kept], Part(nodes, label=label), *inputs[:kept], *parts[-kept:]]


def visible(parts: Sequence[Part], repeats: Sequence[Repeat]) -> int:
    """Return how many blocks are shown."""
    return len(parts) - sum(r.period * (r.times - 1) for r in repeats)
