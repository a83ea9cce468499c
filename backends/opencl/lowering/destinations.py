"""Destinations: results computed right where they are to be assigned."""

from __future__ import annotations

import functools
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass

from chainrule.backends.opencl.lowering.leaves import Leaves
from chainrule.backends.opencl.lowering.phase_graph import PhaseGraph
from chainrule.backends.opencl.source.layout import Floats, View
from chainrule.node import Node, Parameter
from chainrule.ops import Elementwise
from chainrule.program import Pack
from chainrule.program.sizes import count, sizes
from chainrule.program.storage import Destination, destinations


@dataclass(frozen=True)
class Destinations:
    """Decides which results of a phase are computed into parameters.

    Attributes:
        graph: the phase.
        leaves: where parameters lie.
        floats: the C type of results.
        stored: the nodes that are stored at all.
        inlined: those that a later reduction computes, and the level of that.
    """

    graph: PhaseGraph
    leaves: Leaves
    floats: Floats
    stored: Container[Node]
    inlined: Mapping[Node, int]

    def choose(self) -> dict[Node, Destination]:
        """Return the nodes that are computed into parameters, and where."""
        assigns = self.graph.phase.assigns
        return destinations(assigns, self._may_overwrite, self._owner)

    def _owner(self, part: Node) -> Node | None:
        """Return the node that has the elements of a part in order, if it is free."""
        node, view = self.graph.base(part), self.graph.fusion.views.get(part)
        in_order = node is part or (view is not None and view.contiguous)
        whole = in_order and count(node) == count(part)
        return node if whole and self._is_free(node) else None

    def _is_free(self, node: Node) -> bool:
        """Return whether a node may be stored anywhere."""
        return node in self.stored and node not in self._fetched

    @functools.cached_property
    def _fetched(self) -> set[Node]:
        """The nodes in whose memory outputs and totals lie."""
        phase = self.graph.phase
        return {self.graph.base(root) for root in (*phase.outputs, *phase.totals)}

    @functools.cached_property
    def _results(self) -> set[Node]:
        """The nodes in whose memory all results lie."""
        return {self.graph.base(root) for root in self.graph.phase.roots}

    def _may_overwrite(self, target: Parameter, node: Node) -> bool:
        """Return whether a parameter may be overwritten when a node is computed."""
        view = self.leaves.parameters[target]
        fits = view.contiguous and view.ctype == self.floats
        if not fits or not self._is_free(node) or self._is_result(view):
            return False
        if isinstance(node.op, Pack):
            return not any(self._reads(view))
        return all(
            self._is_over(leaf, reader, target, node)
            for leaf, reader in self._reads(view)
        )

    def _is_result(self, view: View) -> bool:
        """Return whether the old value of a parameter there is itself a result."""
        return any(
            leaf in self._results and found.overlaps(view)
            for leaf, found in self.leaves.parameters.items()
        )

    def _reads(self, view: View) -> Iterator[tuple[Parameter, Node]]:
        """Yield who reads the memory of a view, and through which parameter."""
        for leaf, found in self.leaves.parameters.items():
            if found.overlaps(view):
                for reader in self.graph.readers.get(leaf, ()):
                    yield leaf, reader

    def _is_over(
        self, leaf: Parameter, reader: Node, target: Parameter, node: Node
    ) -> bool:
        """Return whether a read is over when a node is written over a parameter.

        It is if an earlier kernel reads, or the node's own, each element just before
        it writes it.
        """
        graph, level = self.graph, self.graph.fusion.level[node]
        if reader in graph.fusion.views:
            return False
        last = self._last_read(reader)
        if last < level:
            return True
        return (
            last == level
            and leaf is target
            and sizes(reader) == sizes(node)
            and isinstance(reader.op, Elementwise)
            and graph.share_a_kernel(reader, node)
            and not graph.fusion.group[node].reductions
        )

    def _last_read(self, reader: Node) -> int:
        """Return the level of the last kernel in which a node is computed."""
        level, todo = self.graph.fusion.level[reader], [reader]
        while todo:
            node = todo.pop()
            level = max(level, self.inlined.get(node, 0))
            if self.inlined:
                todo += [
                    r
                    for r in self.graph.readers[node]
                    if self.graph.share_a_kernel(reader, r)
                ]
        return level
