"""Liveness: in which order nodes are computed, and until when each result is read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chainrule.graph import topological
from chainrule.node import Node
from chainrule.program.flat import Pack
from chainrule.program.phase import Phase
from chainrule.program.storage.views import VIEWS


class Liveness:
    """The order of one phase, and who reads what.

    Attributes:
        order: the nodes to compute, operands first.
        index: the place of each of them in the order.
        home: for each node and leaf, the node in whose memory its elements lie: itself,
            or for a view what it is a view of.
        readers: for each node and leaf, the nodes that have it as an operand, once for
            each such operand.
        last_use: for each home that is read, the index of the last node that reads it;
            ``len(order)`` for what is needed after the phase.
    """

    def __init__(self, phase: Phase) -> None:
        nodes = topological(_last_layer_first(phase))
        self.order = [node for node in nodes if node.op is not None]
        self.index = {node: i for i, node in enumerate(self.order)}
        self.home: dict[Node, Node] = {}
        for node in nodes:
            is_view = type(node.op) in VIEWS
            self.home[node] = self.home[node.inputs[0]] if is_view else node
        self.readers = readers(nodes)
        self.last_use: dict[Node, int] = {}
        for i, node in enumerate(self.order):
            for x in node.inputs:
                self.last_use[self.home[x]] = i
        for root in phase.roots:
            self.last_use[self.home[root]] = len(self.order)

    def ends(self) -> list[list[Node]]:
        """Return for each index the homes that are read there for the last time."""
        ends: list[list[Node]] = [[] for _ in range(len(self.order) + 1)]
        for home, index in self.last_use.items():
            ends[index].append(home)
        return ends


def readers(nodes: Iterable[Node]) -> dict[Node, list[Node]]:
    """Return for each node who reads it, once for each operand that it is."""
    found: dict[Node, list[Node]] = {node: [] for node in nodes}
    for node in found:
        for x in node.inputs:
            found[x].append(node)
    return found


def _last_layer_first(phase: Phase) -> Sequence[Node]:
    """Order roots so that each gradient is finished where the backward pass makes it.

    A `Pack` of all gradients would ask for that of the first layer first.
    """
    roots: list[Node] = [*phase.outputs, *phase.totals]
    for _, node in phase.assigns:
        if isinstance(node.op, Pack):
            roots.extend(reversed(node.inputs))
        roots.append(node)
    return roots
