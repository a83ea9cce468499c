"""Repeated blocks, shown once: twelve equal layers become one, "× 12".

Parts are in topological order, and each has a token: what it computes, and how far back
in that order its operands are. A run of tokens that repeats is a repeated block,
whether it is a layer, several layers or single operations.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from chainrule.graph import Graph
from chainrule.node import Input, Node
from chainrule.ops.random import Uniform
from chainrule.viz.graph.partition import Part

FEWEST = 3
"""Fewer repetitions than these are shown one by one."""
LONGEST = 48
"""The most parts that one repetition may have."""


@dataclass(frozen=True)
class Repeat:
    """The `period` parts from `start` on, which occur `times` times in a row."""

    start: int
    period: int
    times: int

    @property
    def stop(self) -> int:
        """The index of the first part behind it."""
        return self.start + self.period * self.times

    @property
    def first(self) -> range:
        """The indices of the parts that are shown."""
        return range(self.start, self.start + self.period)

    @property
    def last(self) -> range:
        """The indices of the parts in the last repetition."""
        return range(self.stop - self.period, self.stop)


@dataclass(frozen=True)
class Folding:
    """Which of some parts are shown: the first repetition stands for the others.

    Parts are given by their index.

    Attributes:
        count: how many parts there are.
        repeats: which of them repeat.
    """

    count: int
    repeats: tuple[Repeat, ...] = ()

    @functools.cached_property
    def _repeats(self) -> dict[int, Repeat]:
        return {i: r for r in self.repeats for i in range(r.start, r.stop)}

    def repeat(self, part: int) -> Repeat | None:
        """Return the repeat that a part belongs to."""
        return self._repeats.get(part)

    def shown_as(self, part: int) -> int:
        """Return the part that stands for a part; most stand for themselves."""
        repeat = self.repeat(part)
        if repeat is None:
            return part
        return repeat.start + (part - repeat.start) % repeat.period

    @property
    def shown(self) -> list[int]:
        """The parts that are shown."""
        return [part for part in range(self.count) if self.shown_as(part) == part]

    def hides(self, tail: int, head: int) -> bool:
        """Whether an edge ends in a part that is not shown, or joins two copies."""
        if self.shown_as(head) != head:
            return True
        together = self.repeat(tail) is self.repeat(head)
        return self.shown_as(tail) != tail and together


def fold(parts: Sequence[Part], graph: Graph, given: Collection[Node] = ()) -> Folding:
    """Find what repeats, from left to right, and always the longest run from there."""
    tokens = _tokens(parts, given)
    count = len(tokens)
    alike = _alike(tokens)
    found: list[Repeat] = []
    at = 0
    while at < count:
        longest = None
        for period in range(1, len(alike)):
            times = alike[period][at] // period + 1
            longer = longest is None or period * times > longest.period * longest.times
            if times >= FEWEST and longer:
                longest = Repeat(at, period, times)
        if longest:
            found.append(longest)
        at = longest.stop if longest else at + 1
    return Folding(count, tuple(found))


def _alike(tokens: Sequence[int]) -> list[list[int]]:
    """Return for each period and place how many tokens equal those a period later."""
    count = len(tokens)
    alike: list[list[int]] = [[]]
    for period in range(1, min(LONGEST, count // FEWEST) + 1):
        run = [0] * (count + 1)
        for i in range(count - period - 1, -1, -1):
            run[i] = run[i + 1] + 1 if tokens[i] == tokens[i + period] else 0
        alike.append(run)
    return alike


def _tokens(parts: Sequence[Part], given: Collection[Node]) -> list[int]:
    """Return a number for each part, the same for parts that are alike.

    A part with a node that has been given a name is like no other.
    """
    place = {node: i for i, part in enumerate(parts) for node in part.nodes}
    numbers: dict[Hashable, int] = {}
    tokens = []
    for i, part in enumerate(parts):
        inside = {node: k for k, node in enumerate(part.nodes)}
        token: Hashable = tuple(_kind(node, inside, i, place) for node in part.nodes)
        if any(node in given for node in part.nodes):
            token = part
        name = _unnumbered(part.scope[-1]) if part.whole else ""
        depth = len(part.scope)
        tokens.append(numbers.setdefault((token, name, depth), len(numbers)))
    return tokens


def _kind(
    node: Node, inside: dict[Node, int], here: int, place: dict[Node, int]
) -> Hashable:
    """Return what a node computes, its name, and where its operands are."""
    operands = tuple(
        ("in", inside[x]) if x in inside else ("back", here - place.get(x, here))
        for x in node.inputs
    )
    what: Any = type(node)
    if node.op is not None:
        # every stream of random numbers is one of its own, which nobody sees
        what = Uniform if isinstance(node.op, Uniform) else node.op.key
    elif isinstance(node, Input):
        what = node  # an input is like no other
    return what, node.name, node.shape, operands


def _unnumbered(name: str) -> str:
    return re.sub(r"_?\d+$", "", name)
