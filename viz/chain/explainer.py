"""Explanations whose numbers are read anew: the chain rule for single numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from chainrule.autodiff import Backward, backward
from chainrule.errors import ChainRuleError
from chainrule.graph import topological
from chainrule.node import Node
from chainrule.notation.naming import Naming
from chainrule.notation.numbers import number
from chainrule.notation.styles import Written
from chainrule.ops import reshape
from chainrule.viz.chain.chain import Chain, Factor, chain_of
from chainrule.viz.chain.entries import Entry, EntryGraph, entry_graph
from chainrule.viz.graph.options import Options
from chainrule.viz.readings import Reading, factor
from chainrule.viz.scene import Number
from chainrule.viz.text import row
from chainrule.viz.values import Values, evaluated

MOST_EDGES = 100_000
"""Edges between numbers that are followed for all explanations together: some seconds.
"""


@dataclass
class Explainer:
    """Explains single numbers of one graph.

    Attributes:
        sweep: the reverse sweep from the loss.
        naming: the symbols; those made up for one explanation stay in it.
        values: of all nodes of both passes, and of the local derivatives.
    """

    sweep: Backward
    naming: Naming
    values: Values
    _slopes: dict[tuple[Entry, Entry], Node] = field(default_factory=dict)

    def explain(self, numbers: Iterable[Number]) -> dict[Number, Written]:
        """Explain numbers, as far as the ways from them to the loss are not too many.

        The first are the first to be explained.
        """
        found: dict[Number, Written] = {}
        edges = 0
        for wanted in numbers:
            try:
                graph = entry_graph(self.sweep, Entry(*wanted), self.values)
            except ChainRuleError:  # it reaches more than one explanation can hold
                continue
            edges += sum(map(len, graph.into.values()))
            if edges > MOST_EDGES:
                break
            found[wanted] = row(*self._parts(self._chain(graph)))
        return found

    def _chain(self, graph: EntryGraph) -> Chain:
        naming = self.naming.copy()
        naming.number([graph.start.node])
        return chain_of(self.sweep, naming, graph, self.values)

    def _parts(self, chain: Chain) -> Iterator[Written | str]:
        """Yield symbols, numbers, their product, and the rule of each factor."""
        start, pad = chain.graph.start, " " * len(chain.symbol.unicode())
        yield from (chain.symbol, " = ")
        yield from _dotted([each.symbol for each in chain.factors])
        yield f"\n{pad} = "
        numbers = [self._reading(each) for each in chain.factors]
        yield from _dotted([*numbers[:1], *map(factor, numbers[1:])])
        if len(chain.factors) > 1:
            gradient = self.sweep.gradient[start.node]
            total = Reading(gradient, "number", number(chain.value), start.flat)
            yield from (f"\n{pad} = ", total)
        for place, each in enumerate(chain.factors):
            yield from ("\n" if place else "\n\n", each.symbol)
            if each.rule.unicode() != numbers[place].said:
                yield from (" = ", each.rule)
            yield from (" = ", numbers[place])
        for symbol, formula in chain.definitions:
            yield from ("\nwhere ", symbol, " = ", formula)
        counted = "1 path" if chain.count == 1 else f"{chain.count:,} paths"
        yield "\n\n" + counted.replace(",", "\u202f")

    def _reading(self, each: Factor) -> Reading:
        node = self._slope(each.bottom, each.top)
        return Reading(node, "number", number(each.value), each.bottom.flat)

    def _slope(self, bottom: Entry, top: Entry) -> Node:
        """Return the node whose entry `bottom` is ∂top/∂bottom, over all paths."""
        if top.node is self.sweep.loss:
            return self.sweep.gradient[bottom.node]
        if (bottom, top) not in self._slopes:
            one = reshape(top.node, (-1,))[top.flat]
            gradient = backward(one, [bottom.node]).gradient
            self._slopes[bottom, top] = gradient[bottom.node]
        return self._slopes[bottom, top]


def explainer(sweep: Backward, naming: Naming, options: Options) -> Explainer:
    """Return what explains the numbers of a graph, which is evaluated once."""
    forward = topological([sweep.loss])
    local = [node for node in sweep.local.values() if isinstance(node, Node)]
    wanted = [*forward, *local, *sweep.gradient.values()]
    feeds, training = options.values or {}, options.training
    return Explainer(
        sweep, naming, evaluated(wanted, feeds, options.seed, training=training)
    )


def _dotted(factors: Iterable[Written]) -> Iterator[Written | str]:
    for place, each in enumerate(factors):
        if place:
            yield " · "
        yield each
