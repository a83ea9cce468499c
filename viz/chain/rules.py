"""Rules in writing: a derivative as one expression, as a product or as a sum."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from chainrule.autodiff import Backward
from chainrule.node import Node
from chainrule.notation.numbers import number
from chainrule.notation.styles import Written
from chainrule.notation.symbols import Derivative
from chainrule.ops.linalg import Matmul
from chainrule.viz.chain.entries import Entry, EntryEdge, EntryGraph
from chainrule.viz.chain.entry_symbols import EntrySymbols
from chainrule.viz.chain.paths import best_paths, between, count_and_sum
from chainrule.viz.chain.softmax import cross_entropy_rule, softmax_slope
from chainrule.viz.graph.edge_rules import EdgeRule, edge_rule
from chainrule.viz.graph.tidying import settled
from chainrule.viz.text import Formula, Plain, Row, row


@dataclass(frozen=True)
class Rules:
    """Writes the derivatives between the numbers of a graph.

    Attributes:
        sweep: has the local derivatives.
        graph: the numbers.
        symbols: how they are written.
        numbered: nodes whose symbols v₁, v₂ … were made up for this chain.
    """

    sweep: Backward
    graph: EntryGraph
    symbols: EntrySymbols
    numbered: Collection[Node] = ()

    def factor(self, bottom: Entry, top: Entry) -> Written:
        """Write ∂top/∂bottom: an expression, a product along a path or Σ over paths."""
        rule = self._expression(bottom, top)
        if rule is not None and rule.of is not None:
            return Formula(rule.expression, self.symbols.naming)
        known = self.known(bottom, top)
        if known is not None:
            return known
        count, _ = count_and_sum(self.graph, bottom, top)
        if count == 1:
            (path,) = best_paths(self.graph, bottom, top, 1)
            return self.along(path.edges)
        return Plain(f"Σ over {count:,} paths".replace(",", " "))

    def known(self, bottom: Entry, top: Entry) -> Written | None:
        """Write ∂top/∂bottom as textbooks do, where it is a derivative they have."""
        _, value = count_and_sum(self.graph, bottom, top)
        return cross_entropy_rule(self.graph, self.symbols, bottom, top, value)

    def along(self, edges: Sequence[EntryEdge]) -> Written:
        """Write the product of the derivatives along a path."""
        bottom, top = edges[0].source, edges[-1].target
        if count_and_sum(self.graph, bottom, top)[0] == 1:
            known = self.known(bottom, top)
            if known is not None:
                return known
        slopes = [self._slope(edge) for edge in reversed(edges)]
        texts = [text for text in slopes if text is not None]
        parts: list[Written | str] = []
        for text in texts:
            several = len(texts) > 1 and isinstance(text, (Formula, Row))
            several &= " " in text.unicode()
            negative = bool(parts) and text.unicode().startswith("−")
            parts += [" · "] if parts else []
            parts += ["(", text, ")"] if several or negative else [text]
        return row(*parts) if parts else Plain("1")

    def _expression(self, bottom: Entry, top: Entry) -> EdgeRule | None:
        """Return the factor as one expression, where all in between is elementwise."""
        nodes = dict.fromkeys(e.node for e in between(self.graph, bottom, top))
        part = [node for node in nodes if node is not bottom.node]
        edges = [
            (y, position)
            for y in part
            for position, x in enumerate(y.inputs)
            if x is bottom.node
        ]
        shapes = {self.symbols.values[node].shape for node in nodes}
        if len(shapes) > 1:
            return None
        return edge_rule(self.sweep, bottom.node, edges, part, [top.node])

    def _slope(self, edge: EntryEdge) -> Written | None:
        """Write the derivative along one edge; None is 1."""
        y = edge.target.node
        local = self.sweep.local.get((y, edge.position))
        if isinstance(local, Node):
            naming = self.symbols.naming
            return Formula(settled(local, naming), naming)
        if local is not None:
            return None if local == 1 else Plain(number(local))
        if isinstance(y.op, Matmul) and not (y.op.transpose_a or y.op.transpose_b):
            return self.symbols.symbol(self._partner(edge))
        if edge.slope == 1:
            return None
        return softmax_slope(edge, self.symbols) or self._without_formula(edge)

    def _without_formula(self, edge: EntryEdge) -> Written:
        """Write a derivative that has no formula: its symbol, or else its number."""
        symbols = self.symbols
        ends = [symbols.origin(entry).node for entry in (edge.target, edge.source)]
        if not all(map(symbols.named, ends)) or {*ends} & {*self.numbered}:
            return Plain(number(edge.slope))
        return Derivative(symbols.symbol(edge.target), (symbols.symbol(edge.source),))

    def _partner(self, edge: EntryEdge) -> Entry:
        """Return the number that a matrix product multiplies the source with."""
        values, y = self.symbols.values, edge.target.node
        other = y.inputs[1 - edge.position]
        *lead, row_of, column = np.unravel_index(edge.target.flat, values[y].shape)
        where = np.unravel_index(edge.source.flat, values[edge.source.node].shape)
        index = (row_of, where[-2]) if edge.position else (where[-1], column)
        shape = values[other].shape
        full = (*lead, *index)[-len(shape) :]
        return Entry(other, int(np.ravel_multi_index(full, shape)))
