"""Paths through a graph of numbers: counted, summed and ranked without listing them.

All three are dynamic programming over the elements in order: a network with 10¹² paths
takes as long as one with ten.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import networkx

from chainrule.viz.chain.entries import Element, Elements, Step


@dataclass(frozen=True)
class Path:
    """One way from the weight to the loss.

    Attributes:
        steps: the edges, the weight's first.
        contribution: the product of the derivatives along them.
    """

    steps: tuple[Step, ...]
    contribution: float


def count_and_sum(within: Elements, start: Element, end: Element) -> tuple[int, float]:
    """Return how many paths join two elements, and the sum of their products."""
    counts, sums = {start: 1}, {start: 1.0}
    for element in within.order:
        for step in within.into.get(element, ()):
            if step.source in counts and element != start:
                counts[element] = counts.get(element, 0) + counts[step.source]
                part = sums[step.source] * step.slope
                sums[element] = sums.get(element, 0.0) + part
    return counts.get(end, 0), sums.get(end, 0.0)


def slopes_to(within: Elements, end: Element) -> dict[Element, float]:
    """Return ∂end/∂(each element that leads there), summed over all paths."""
    sums = {end: 1.0}
    for element in reversed(within.order):
        for step in within.into.get(element, ()) if element in sums else ():
            part = sums[element] * step.slope
            sums[step.source] = sums.get(step.source, 0.0) + part
    return sums


def best_paths(within: Elements, start: Element, end: Element, most: int) -> list[Path]:
    """Return the paths that contribute most, in order of |contribution|.

    The best way to an element goes on from one of the best ways to an element before
    it, so it is enough to keep `most` at each.
    """
    best: dict[Element, list[Path]] = {start: [Path((), 1.0)]}
    for element in within.order:
        arriving = [
            Path((*path.steps, step), path.contribution * step.slope)
            for step in within.into.get(element, ())
            if element != start
            for path in best.get(step.source, ())
        ]
        if arriving:
            best[element] = heapq.nlargest(
                most, arriving, key=lambda path: abs(path.contribution)
            )
    return best.get(end, [])


def dominators(within: Elements) -> list[Element]:
    """Return the elements that every path passes, from the weight to the loss."""
    graph: networkx.DiGraph[Element] = networkx.DiGraph()
    graph.add_node(within.start)
    for element in within.order:
        graph.add_edges_from(
            (step.source, element) for step in within.into.get(element, ())
        )
    if within.end not in graph:
        return [within.start]
    above = networkx.immediate_dominators(graph, within.start)
    chain = [within.end]
    while chain[-1] != within.start:
        chain.append(above[chain[-1]])
    return chain[::-1]


def between(within: Elements, start: Element, end: Element) -> Sequence[Element]:
    """Return the elements on the paths from `start` to `end`, both among them."""
    forward = {start}
    for element in within.order:
        if any(step.source in forward for step in within.into.get(element, ())):
            forward.add(element)
    backward = {end}
    for element in reversed(within.order):
        if element in backward and element != start:
            backward.update(step.source for step in within.into.get(element, ()))
    return [e for e in within.order if e in forward and e in backward]
