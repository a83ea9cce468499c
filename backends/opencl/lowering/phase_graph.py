"""The graph of one phase, as kernels see it: levels, groups, views and readers."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence, Set
from dataclasses import dataclass

from chainrule.backends.opencl.lowering.leaves import Leaves
from chainrule.backends.opencl.source.accumulators import REDUCTIONS
from chainrule.backends.opencl.source.fusion import Fusion, fuse
from chainrule.graph import topological
from chainrule.node import Node
from chainrule.ops import Elementwise
from chainrule.program import Phase
from chainrule.program.storage import readers

MOST_INLINED = 8
"""Elementwise ops that a reduction may compute for one operand."""


@dataclass(frozen=True)
class PhaseGraph:
    """A phase before its storage is planned.

    Attributes:
        phase: its outputs, totals and assignments.
        order: the nodes to compute on the device, operands first.
        readers: for each node and leaf, the nodes that have it as an operand.
        fusion: which nodes share a kernel, and when it runs.
    """

    phase: Phase
    order: Sequence[Node]
    readers: Mapping[Node, Set[Node]]
    fusion: Fusion

    def base(self, node: Node) -> Node:
        """Return the node in whose memory a node's elements lie."""
        while node in self.fusion.views:
            node = node.inputs[0]
        return node

    def share_a_kernel(self, a: Node, b: Node) -> bool:
        """Return whether two nodes are of one group."""
        group = self.fusion.group.get(a)
        return group is not None and self.fusion.group.get(b) is group


def graph_of(phase: Phase, numbers: Container[Node], leaves: Leaves) -> PhaseGraph:
    """Return the graph of a phase, without the host numbers."""
    nodes = topological(phase.roots)
    order = [node for node in nodes if node.op is not None and node not in numbers]
    read_by = {node: set(found) for node, found in readers(nodes).items()}
    return PhaseGraph(phase, order, read_by, fuse(order, leaves.view, read_by))


def inlined(graph: PhaseGraph) -> dict[Node, int]:
    """Find operands that one reduction alone needs, and computes itself.

    Returns:
        The level of the reduction for each of them.
    """
    roots = {graph.base(root) for root in graph.phase.roots}
    found: dict[Node, int] = {}
    for node in graph.order:
        if type(node.op) not in REDUCTIONS or node in graph.fusion.group:
            continue
        (x,) = node.inputs
        alone = len(graph.readers[x]) == 1 and x not in roots
        if alone and x in graph.fusion.group and _is_simple(x, graph):
            found[x] = graph.fusion.level[node]
    return found


def _is_simple(x: Node, graph: PhaseGraph) -> bool:
    """Return whether x is computed from stored nodes by few elementwise ops."""
    todo, seen = [x], 0
    while todo:
        node = todo.pop()
        seen += 1
        if seen > MOST_INLINED or not isinstance(node.op, Elementwise):
            return False
        todo += [y for y in node.inputs if graph.share_a_kernel(x, y)]
    return True
