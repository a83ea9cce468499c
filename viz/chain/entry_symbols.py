"""The symbols of single numbers: w₁₂⁽¹⁾ for an entry of W⁽¹⁾."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from chainrule.node import Node, Parameter
from chainrule.notation.naming import Naming
from chainrule.notation.symbols import Derivative, Symbol
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
        if isinstance(entry.node, Parameter) and self.values[entry.node].size > 1:
            found = replace(found, base=found.base.lower())  # an entry of W is w
        own = self.subscript(entry)
        sub = f"{found.sub},{own.sub}" if found.sub and own.sub else found.sub + own.sub
        return replace(found, sub=sub, example=own.example or found.example)

    def subscript(self, entry: Entry) -> Symbol:
        """Return the indices of a number alone, to follow an expression."""
        value = self.values[entry.node]
        if value.size == 1:
            return Symbol("")
        places = [int(i) + 1 for i in np.unravel_index(entry.flat, value.shape)]
        example = ""
        alone = value.ndim > 1 and len(value) == 1
        if of_batch(entry.node) or (alone and not isinstance(entry.node, Parameter)):
            first, *places = places if value[0].size > 1 else places[:1]
            example = str(first) if len(value) > 1 else ""
        return Symbol("", sub=self._joined(places, entry), example=example)

    def legend(self, symbols: Iterable[Derivative]) -> str:
        """Say what ``⟨3⟩`` means, if one of some derivatives has it."""
        parts = (s for d in symbols for s in (d.of, *d.wrt))
        found = dict.fromkeys(s.example for s in parts if s.example)
        return ", ".join(f"⟨{example}⟩: of example {example}" for example in found)

    def origin(self, entry: Entry) -> Entry:
        """Return the number that nodes without a name merely pass on."""
        node = entry.node
        while is_view(node) and not self.naming.symbol(node):
            (node,) = node.inputs
        return Entry(node, entry.flat)

    def _joined(self, places: list[int], entry: Entry) -> str:
        """Return indices side by side, or with commas if they are more than digits."""
        named = self.naming.symbol(entry.node)
        apart = max(places, default=0) > 9 or (isinstance(named, Symbol) and named.sub)
        return ("," if apart else "").join(map(str, places))


def of_batch(node: Node) -> bool:
    """Whether a node has a part for each example of a batch."""
    return not isinstance(node, Parameter) and node.shape[:1] == (None,)
