"""Schedules: in which order nodes are computed, and until when each is needed."""

from __future__ import annotations

import math
from collections.abc import Sequence

from chainrule.graph import Node, topological
from chainrule.ops import Elementwise
from chainrule.program import Pack, Phase

from .kernels import VIEWS


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

    def runs(self, least: int) -> list[list[Node]]:
        """Cut the order into steps: single nodes, and runs of elementwise ones.

        A run has one shape, of at least `least` elements; its nodes can be computed
        together block by block. Arithmetic of numbers does not end a run: it is done
        before it.
        """
        steps: list[list[Node]] = []
        for node in self.order:
            running = bool(steps) and _is_large(steps[-1][0], least)
            if running and node.shape == steps[-1][0].shape and _is_large(node, least):
                steps[-1].append(node)
            elif running and all(x.shape == () for x in (node, *node.inputs)):
                steps.insert(-1, [node])
            else:
                steps.append([node])
        return steps


def _is_large(node: Node, least: int) -> bool:
    elements = math.prod(size or 0 for size in node.shape)
    return isinstance(node.op, Elementwise) and elements >= least


def _from_the_loss_backwards(phase: Phase) -> Sequence[Node]:
    """Order roots so that gradients are finished last layer first, as they arise."""
    roots: list[Node] = [*phase.outputs, *phase.totals]
    for _, node in phase.assigns:
        if isinstance(node.op, Pack):
            roots.extend(reversed(node.inputs))
        roots.append(node)
    return roots
