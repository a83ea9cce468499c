"""Schedules: in which order nodes are computed, and until when each is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from chainrule.backends.numpy.kernels import VIEWS
from chainrule.graph import topological
from chainrule.node import Node
from chainrule.program import Pack, Phase

Way = TypeVar("Way")


class Schedule:
    """The order of one phase.

    Attributes:
        order: the nodes to compute, operands first.
        home: for each node, the node whose memory it looks at: itself, or for a view
            what it is a view of.
        last_use: for each home, the index of the last step that reads it;
            ``len(order)`` for what is needed after the phase.
    """

    def __init__(self, phase: Phase) -> None:
        nodes = topological(_from_the_loss_backwards(phase))
        self.order = [node for node in nodes if node.op is not None]
        self.home: dict[Node, Node] = {}
        for node in nodes:
            self.home[node] = (
                self.home[node.inputs[0]] if type(node.op) in VIEWS else node
            )
        self.index = {node: i for i, node in enumerate(self.order)}
        self.last_use: dict[Node, int] = {}
        for i, node in enumerate(self.order):
            for x in node.inputs:
                self.last_use[self.home[x]] = i
        for root in phase.roots:
            self.last_use[self.home[root]] = len(self.order)
        self.reads: dict[Node, list[Node]] = {node: [] for node in nodes}
        for node in self.order:
            for x in node.inputs:
                self.reads[x].append(node)

    def runs(
        self, way: Callable[[Node], Way | None]
    ) -> Iterator[tuple[Way | None, list[Node]]]:
        """Cut the order into runs of elementwise nodes, and single nodes.

        The nodes of a run have one shape and one `way` to be computed together, piece
        by piece. They read any memory through one view only: then a piece may be
        overwritten when it is read for the last time. Arithmetic of numbers does not
        end a run: it is done before it.
        """
        run: list[Node] = []
        seen: dict[Node, Node] = {}
        how: Way | None = None
        for node in self.order:
            mine = way(node)
            views = {self.home[x]: x for x in node.inputs}
            if any(views[self.home[x]] is not x for x in node.inputs):
                mine = None
            if (
                run
                and mine is None
                and all(x.shape == () for x in (node, *node.inputs))
            ):
                yield None, [node]
                continue
            clash = any(seen.get(home, x) is not x for home, x in views.items())
            if run and (mine is not how or node.shape != run[0].shape or clash):
                yield how, run
                run, seen = [], {}
            if mine is None:
                yield None, [node]
            else:
                run.append(node)
                seen.update(views)
                how = mine
        if run:
            yield how, run


def _from_the_loss_backwards(phase: Phase) -> Sequence[Node]:
    """Order roots so that gradients are finished last layer first, as they arise."""
    roots: list[Node] = [*phase.outputs, *phase.totals]
    for _, node in phase.assigns:
        if isinstance(node.op, Pack):
            roots.extend(reversed(node.inputs))
        roots.append(node)
    return roots
