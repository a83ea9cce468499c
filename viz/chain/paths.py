"""Paths through a graph of numbers: counted, summed and ranked without listing them.

All three are dynamic programming over the entries in topological order: a network with
10¹² paths takes as long as one with ten.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainrule.viz.chain.entries import Entry, EntryEdge, EntryGraph

if TYPE_CHECKING:
    import networkx  # takes as long to import as a fit of a small network


@dataclass(frozen=True)
class Path:
    """One way from one number to another.

    Attributes:
        edges: in the order in which numbers are computed.
        contribution: the product of the derivatives along them.
    """

    edges: tuple[EntryEdge, ...]
    contribution: float


def count_and_sum(graph: EntryGraph, start: Entry, end: Entry) -> tuple[int, float]:
    """Return how many paths join two entries, and the sum of their products."""
    counts, sums = {start: 1}, {start: 1.0}
    for entry in graph.order:
        for edge in graph.into.get(entry, ()):
            if edge.source in counts and entry != start:
                counts[entry] = counts.get(entry, 0) + counts[edge.source]
                part = sums[edge.source] * edge.slope
                sums[entry] = sums.get(entry, 0.0) + part
    return counts.get(end, 0), sums.get(end, 0.0)


def slopes_to(graph: EntryGraph, end: Entry) -> dict[Entry, float]:
    """Return ∂end/∂(each entry that leads there), summed over all paths."""
    sums = {end: 1.0}
    for entry in reversed(graph.order):
        for edge in graph.into.get(entry, ()) if entry in sums else ():
            part = sums[entry] * edge.slope
            sums[edge.source] = sums.get(edge.source, 0.0) + part
    return sums


def best_paths(graph: EntryGraph, start: Entry, end: Entry, most: int) -> list[Path]:
    """Return the paths that contribute most, in order of |contribution|.

    The best way to an entry goes on from one of the best ways to an entry before it, so
    it is enough to keep `most` at each.
    """
    best: dict[Entry, list[Path]] = {start: [Path((), 1.0)]}
    for entry in graph.order:
        arriving = [
            Path((*path.edges, edge), path.contribution * edge.slope)
            for edge in graph.into.get(entry, ())
            if entry != start
            for path in best.get(edge.source, ())
        ]
        if arriving:
            best[entry] = heapq.nlargest(
                most, arriving, key=lambda path: abs(path.contribution)
            )
    return best.get(end, [])


def dominators(graph: EntryGraph) -> list[Entry]:
    """Return the entries that every path passes, from the weight to the loss."""
    import networkx

    digraph: networkx.DiGraph[Entry] = networkx.DiGraph()
    digraph.add_node(graph.start)
    for entry in graph.order:
        digraph.add_edges_from(
            (edge.source, entry) for edge in graph.into.get(entry, ())
        )
    if graph.end not in digraph:
        return [graph.start]
    above = networkx.immediate_dominators(digraph, graph.start)
    passed = [graph.end]
    while passed[-1] != graph.start:
        passed.append(above[passed[-1]])
    return passed[::-1]


def between(graph: EntryGraph, start: Entry, end: Entry) -> Sequence[Entry]:
    """Return the entries on the paths from `start` to `end`, both among them."""
    forward = {start}
    for entry in graph.order:
        if any(edge.source in forward for edge in graph.into.get(entry, ())):
            forward.add(entry)
    backward = {end}
    for entry in reversed(graph.order):
        if entry in backward and entry != start:
            backward.update(edge.source for edge in graph.into.get(entry, ()))
    return [e for e in graph.order if e in forward and e in backward]
