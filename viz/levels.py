"""Which level a diagram has when none is asked for: the finest that can be read."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.graph import Graph
from chainrule.viz.fold import Repeat, find_repeats
from chainrule.viz.partition import Expand, Level, Part, partition

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
    blocks; if none has so few, the coarsest.
    """
    start = _FINE_TO_COARSE.index(level or finest)
    choices = (level,) if level else _FINE_TO_COARSE[start:]
    for chosen in choices:
        parts = partition(graph, chosen, expand=expand, depth=depth)
        repeats = find_repeats(parts, graph) if fold else []
        if visible(parts, repeats) <= MOST_BLOCKS:
            break
    remark = ""
    if level is None and chosen != finest:
        remark = (
            f"{len(graph)} operations are too many to read, so this is "
            f"level={chosen!r}; level={finest!r} shows them"
        )
    return parts, repeats, remark


def visible(parts: Sequence[Part], repeats: Sequence[Repeat]) -> int:
    """Return how many blocks are shown."""
    return len(parts) - sum(r.period * (r.times - 1) for r in repeats)
