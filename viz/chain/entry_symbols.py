"""The symbols of single numbers: w₁₂⁽¹⁾ for an entry of W⁽¹⁾."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from chainrule.node import Node, Parameter
from chainrule.notation.naming import Naming
from chainrule.notation.symbols import Symbol
from chainrule.viz.chain.entries import Entry
from chainrule.viz.graph.products import is_view
from chainrule.viz.values import Values


@dataclass(frozen=True)
class EntrySymbols:
    """Makes the symbols of entries from those of their nodes and from their shapes."""

    naming: Naming
    values: Values

    def named(self, node: Node) -> bool:
        """Whether a node has a symbol of its own."""
        return isinstance(self.naming.symbol(node), Symbol)

    def symbol(self, entry: Entry) -> Symbol:
        """Return the symbol of a number: that of its node, with its indices."""
        entry = self.origin(entry)
        symbol = self.naming.symbol(entry.node)
        found = symbol if isinstance(symbol, Symbol) else Symbol("v")
        if self.values[entry.node].size == 1:
            return found
        if isinstance(entry.node, Parameter):
            found = replace(found, base=found.base.lower())  # an entry of W is w
        indices = self._indices(entry, "," if found.sub else "")
        return replace(found, sub=f"{found.sub},{indices}" if found.sub else indices)

    def subscript(self, entry: Entry) -> Symbol:
        """Return the indices of a number alone, to follow an expression."""
        if self.values[entry.node].size == 1:
            return Symbol("")
        return Symbol("", sub=self._indices(entry))

    def origin(self, entry: Entry) -> Entry:
        """Return the number that nodes without a name merely pass on."""
        node = entry.node
        while is_view(node) and not self.naming.symbol(node):
            (node,) = node.inputs
        return Entry(node, entry.flat)

    def _indices(self, entry: Entry, separator: str = "") -> str:
        """Return the indices, counted from 1; that of a batch of one is left out."""
        shape = self.values[entry.node].shape
        indices = [int(i) + 1 for i in np.unravel_index(entry.flat, shape)]
        parameter = isinstance(entry.node, Parameter)
        if len(indices) > 1 and shape[0] == 1 and not parameter:
            indices = indices[1:]
        separator = separator or ("" if max(indices) < 10 else ",")
        return separator.join(map(str, indices))
