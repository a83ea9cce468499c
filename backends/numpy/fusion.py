"""Fusion: elementwise neighbours of one shape are computed in one loop."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import TypeAlias

from chainrule.backends.numpy.script import Script
from chainrule.backends.numpy.storage import Storage
from chainrule.node import Node
from chainrule.program.sizes import sizes
from chainrule.program.storage import Liveness


class FusedLoop(ABC):
    """A loop over pieces of some arrays, with every op of `nodes` in its body.

    Attributes:
        local: the name of a value inside the loop.
    """

    def __init__(self, storage: Storage, nodes: list[Node]) -> None:
        self.storage = storage
        self.script: Script = storage.script
        self.nodes = nodes
        self.shape = sizes(nodes[0])
        self.local: dict[Node, str] = {}

    @abstractmethod
    def generate(self) -> None:
        """Add the code that computes all nodes to the script."""

    def is_stored(self, node: Node) -> bool:
        """Whether a result is read after the loop."""
        live = self.storage.live
        kept = live.last_use[node] == len(live.order)
        return kept or any(r not in self.nodes for r in live.readers[node])

    def release(self) -> None:
        """Give the buffers back that are not read after the loop."""
        for node in self.nodes:
            self.storage.release(node)


LoopClass: TypeAlias = type[FusedLoop] | None
"""A class of loops; None for a node that is computed alone."""


def fused(
    live: Liveness, loop_for: Callable[[Node], LoopClass]
) -> Iterator[tuple[LoopClass, list[Node]]]:
    """Cut the order of a phase into loops of elementwise nodes, and single nodes.

    The nodes of a loop have one shape, and one class is for them all. They read any
    memory through one view only: then a piece may be overwritten when it is read for
    the last time. Arithmetic of single numbers does not end a loop, it is done before;
    unless it reads what the loop reads for the last time, which is given back then.
    """
    nodes: list[Node] = []
    seen: dict[Node, Node] = {}
    loop: LoopClass = None
    for node in live.order:
        own = loop_for(node)
        views = {live.home[x]: x for x in node.inputs}
        if any(views[live.home[x]] is not x for x in node.inputs):
            own = None
        ends = any(
            live.last_use[home] == live.index[node] and home in seen for home in views
        )
        numbers = all(x.shape == () for x in (node, *node.inputs))
        if own is None and nodes and numbers and not ends:
            yield None, [node]
            continue
        clash = any(seen.get(home, x) is not x for home, x in views.items())
        if nodes and (own is not loop or node.shape != nodes[0].shape or clash):
            yield loop, nodes
            nodes, seen = [], {}
        if own is None:
            yield None, [node]
        else:
            nodes.append(node)
            seen.update(views)
            loop = own
    if nodes:
        yield loop, nodes
