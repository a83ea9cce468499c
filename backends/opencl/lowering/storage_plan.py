"""The storage plan: which nodes of a phase are stored, and where."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass

from chainrule import ops
from chainrule.backends.opencl.lowering.destinations import Destinations
from chainrule.backends.opencl.lowering.leaves import Leaves
from chainrule.backends.opencl.lowering.phase_graph import PhaseGraph, inlined
from chainrule.backends.opencl.source.fusion import Group
from chainrule.backends.opencl.source.layout import Floats, View, new_view_for, packed
from chainrule.node import Node
from chainrule.program.sizes import sizes
from chainrule.program.storage import Destination


@dataclass(frozen=True)
class StoragePlan:
    """Where everything that a phase reads and writes lies.

    Attributes:
        graph: the phase.
        leaves: where inputs, parameters and constants lie.
        stored: the nodes that are stored, and where.
        destinations: those of them that are computed into parameters.
        column_sums: the products that compute a sum on the way, and that sum.
    """

    graph: PhaseGraph
    leaves: Leaves
    stored: Mapping[Node, View]
    destinations: Mapping[Node, Destination]
    column_sums: Mapping[Group, Node]

    def view(self, node: Node) -> View | None:
        """Return where a node is stored, or None if it is not."""
        looks = []
        while node not in self.stored and node in self.graph.fusion.views:
            looks.append(node)
            node = node.inputs[0]
        view = self.stored.get(node) or self.leaves.view(node)
        for look in reversed(looks):
            assert look.op is not None
            view = view and view.view_of(look.op, sizes(look))
        return view


def plan_storage(
    graph: PhaseGraph, leaves: Leaves, floats: Floats, *, sum_columns: bool
) -> StoragePlan:
    """Decide which nodes are stored, and where.

    Args:
        graph: the phase.
        leaves: where inputs, parameters and constants lie.
        floats: the C type of floats.
        sum_columns: whether products may sum the columns of their right operand.
    """
    later = inlined(graph)
    stored = _stored(graph, later)
    placed = Destinations(graph, leaves, floats, stored, later).choose()
    fetched = {graph.base(root) for root in graph.phase.outputs}
    views = {
        node: _place(leaves, node, placed[node])
        if node in placed
        else new_view_for(node, floats, persistent=node in fetched)
        for node in stored
    }
    sums = _column_sums(graph, stored) if sum_columns else {}
    return StoragePlan(graph, leaves, views, placed, sums)


def _stored(graph: PhaseGraph, inlined: Container[Node]) -> dict[Node, None]:
    """Return the nodes that other kernels read, and those that are results."""
    needed: dict[Node, None] = {}
    for node in graph.order:
        if node in graph.fusion.views:
            continue
        if node not in graph.fusion.group:
            needed[node] = None
        for x in node.inputs:
            if x not in inlined and not graph.share_a_kernel(node, x):
                needed[graph.base(x)] = None
    for root in graph.phase.roots:
        needed[graph.base(root)] = None
    computed = {node for node in graph.order if node not in graph.fusion.views}
    return {node: None for node in needed if node in computed}


def _place(leaves: Leaves, node: Node, destination: Destination) -> View:
    """Return the elements of a parameter that a node is computed into."""
    whole = leaves.parameters[destination.target]
    start = whole.offset + destination.start
    return packed(whole.slot, whole.ctype, sizes(node), start)


def _column_sums(graph: PhaseGraph, stored: Container[Node]) -> dict[Group, Node]:
    """Let a product sum the rows of its right operand, which it reads anyway."""
    found: dict[Group, Node] = {}
    products = {
        node.inputs[1]: group
        for node, group in graph.fusion.group.items()
        if node is group.product and node.op == ops.Matmul(True, False)
    }
    for node in graph.order:
        if not isinstance(node.op, ops.Sum) or node not in stored:
            continue
        (x,) = node.inputs
        group = products.get(x)
        if group is None or 0 in group.shape or node.op.axes != (0,):
            continue
        if x.ndim == 2 and graph.fusion.level[node] == group.level:
            found.setdefault(group, node)
    return found
