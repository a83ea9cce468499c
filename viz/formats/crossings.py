"""Labels on edges, moved along them to where the fewest other edges cross them.

A label belongs to the edge that leads to both its sides; an edge that crosses it is
interrupted there, and harder to follow.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from chainrule.viz.formats.curves import Floats

Flags = npt.NDArray[np.bool_]
ROUNDS = 8
"""How often each label is moved at most."""
PARTS = np.linspace(0.03, 0.97, 48)
"""Parts of the way at which a label may stand."""
_STRAY = 0.02
"""How many crossings it is worth that a label stands in line with the others."""


def crossings(middles: Floats, sizes: Floats, tails: Floats, heads: Floats) -> Floats:
    """Return how many of some edges cross each of some labels.

    Args:
        middles: of the labels, along and across, in the last axis.
        sizes: of the labels.
        tails: where each edge begins.
        heads: where it ends.
    """
    low, high = middles - sizes / 2, middles + sizes / 2
    way = heads - tails
    way = np.where(way == 0, 1e-9, way)
    one = (low[..., None, :] - tails) / way
    two = (high[..., None, :] - tails) / way
    enter, leave = np.minimum(one, two).max(axis=-1), np.maximum(one, two).min(axis=-1)
    crosses = np.maximum(enter, 0) < np.minimum(leave, 1)
    count: Floats = crosses.sum(axis=-1).astype(float)
    return count


def moved(
    middles: Floats,
    sizes: Floats,
    tails: Floats,
    heads: Floats,
    taken: tuple[Floats, Floats],
    pad: float,
) -> Floats:
    """Return better places for labels that cover nothing as they are.

    Args:
        middles: of the labels, one for each edge.
        sizes: of the labels.
        tails: where each edge begins.
        heads: where it ends.
        taken: the middles and sizes of what no label may cover.
        pad: how much room there is around a label.
    """
    places = tails[:, None] + PARTS[:, None] * (heads - tails)[:, None]
    around = sizes[:, None]
    cost = crossings(places, around, tails, heads)
    cost += _STRAY * np.abs(places - middles[:, None]).max(axis=-1) / sizes.max()
    cost[_cover(places, around, *taken, pad).any(axis=-1)] = np.inf
    found = middles.copy()
    now = crossings(middles, sizes, tails, heads)
    for _ in range(ROUNDS):
        before = found.copy()
        for i, options in enumerate(places):
            others = np.arange(len(places)) != i
            free = ~_cover(options, sizes[i], found[others], sizes[others], pad).any(
                axis=-1
            )
            own = np.where(free, cost[i], np.inf)
            best = int(own.argmin())
            if own[best] < now[i]:
                found[i], now[i] = options[best], own[best]
        if np.array_equal(found, before):
            break
    return found


def _cover(
    middles: Floats, sizes: Floats, others: Floats, theirs: Floats, pad: float
) -> Flags:
    """Return whether labels come too near to each of some other things."""
    apart = np.abs(middles[..., None, :] - others) - (sizes[..., None, :] + theirs) / 2
    near: Flags = apart.max(axis=-1) < pad
    return near
