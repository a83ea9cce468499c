"""The picture of an explanation: the chain, its factors on the edges, the product."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.node import Constant, Node, Parameter
from chainrule.notation.numbers import number
from chainrule.notation.styles import Written
from chainrule.notation.symbols import Derivative
from chainrule.viz.chain.branches import Branches, sum_text, unfolded
from chainrule.viz.chain.chain import Chain, Factor
from chainrule.viz.chain.entries import Entry
from chainrule.viz.chain.paths import best_paths, between, count_and_sum
from chainrule.viz.derivative_lines import derivative_lines, measured
from chainrule.viz.graph.origins import origins_in, written
from chainrule.viz.graph.products import is_view
from chainrule.viz.graph.tidying import settled
from chainrule.viz.scene import Block, BlockKind, Line, Link, Role, Scene
from chainrule.viz.text import Formula, Plain, Tinted, row
from chainrule.viz.values import spanned

MOST_BRANCHES = 4
"""Paths whose numbers are written out on an edge; more are only counted."""


def chain_scene(chain: Chain, verdict: Line, rankdir: str, unfold: int = 0) -> Scene:
    """Draw the numbers of a chain, their other operands, and the factors between them.

    Args:
        chain: what to draw.
        verdict: what was checked; it is written under the product.
        rankdir: how the diagram runs.
        unfold: how many paths of a factor to draw that is a sum; 0 for one edge.
    """
    builder = _Builder(chain)
    for factor in builder.factors:
        if unfold and factor.count > 1:
            builder.add_branches(unfolded(factor, chain, unfold))
        else:
            builder.add_factor(factor)
    return Scene(
        chain.symbol.unicode(),
        builder.blocks,
        builder.links,
        caption=[*_equations(chain), verdict, *builder.sums, *_legend(chain)],
        rankdir=rankdir,
    )


class _Builder:
    """Blocks and links that grow factor by factor, the weight's first.

    Attributes:
        factors: in the order in which the graph runs.
        sums: what factors are sums of, where they are unfolded.
        ids: the blocks of numbers.
        leaf_ids: the blocks of the numbers' other operands.
    """

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.factors = chain.factors[::-1]
        self.blocks: list[Block] = []
        self.links: list[Link] = []
        self.sums: list[Line] = []
        stops = [f.bottom for f in self.factors] + [f.top for f in self.factors[-1:]]
        self.ids = {stop: f"s{place}" for place, stop in enumerate(stops)}
        self.leaf_ids: dict[Node, str] = {}
        role = {factor.bottom: factor.role for factor in self.factors}
        for stop in stops:
            self._add_block(stop, role.get(stop), "chain")

    def add_factor(self, factor: Factor) -> None:
        """Add the edges of a factor, and the leaves that its numbers use."""
        chain, role = self.chain, factor.role
        tail, head = self.ids[factor.bottom], self.ids[factor.top]
        terms = []
        if 1 < factor.count <= MOST_BRANCHES:
            paths = best_paths(chain.graph, factor.bottom, factor.top, factor.count)
            text = sum_text([path.contribution for path in paths])
            terms.append(Line(Plain(f"= {text}"), "value", role))
        lines = derivative_lines(
            factor.symbol, factor.rule, Plain(number(factor.value)), role, terms
        )
        self.links.append(Link(tail, head, "forward", straight=True))
        self.links.append(Link(tail, head, "backward", role, lines))
        above = between(chain.graph, factor.bottom, factor.top)
        self._add_leaves([e for e in above if e != factor.bottom], head)

    def add_branches(self, branches: Branches) -> None:
        """Add the paths of a factor that is a sum, and what the others contribute."""
        factor = branches.factor
        for segment in branches.segments:
            if segment.top not in self.ids:
                self.ids[segment.top] = f"b{len(self.ids)}"
                self._add_block(segment.top, factor.role, before=factor.top)
        for segment in branches.segments:
            tail, head = self.ids[segment.bottom], self.ids[segment.top]
            lines = branches.segment_lines(segment, self.chain)
            self.links.append(Link(tail, head, "forward"))
            self.links.append(Link(tail, head, "backward", factor.role, lines))
        rest = branches.rest_lines()
        if rest:
            tail, head = self.ids[factor.bottom], self.ids[factor.top]
            self.links.append(Link(tail, head, "backward", factor.role, rest))
        self.sums.append(branches.sum_line())

    def _add_block(
        self,
        entry: Entry,
        role: Role | None,
        group: str = "",
        before: Entry | None = None,
    ) -> None:
        """Add a number; its gradient has the role of the edge that ends there.

        The loss, where no edge ends, has None. Numbers stand in the order of the flow.
        """
        chain, node = self.chain, entry.node
        kind: BlockKind = "op"
        if isinstance(node, Parameter):
            kind = "parameter"
        elif role is None:
            kind = "loss"
        symbol = chain.symbols.symbol(entry)
        lines = []
        naming = chain.symbols.naming
        if node.inputs:
            lines.append(Line(Formula(settled(node, naming), naming), "formula"))
        value = entry.value(chain.symbols.values)
        lines.append(Line(Plain(number(value)), "value"))
        if role is not None:
            end = chain.graph.end
            _, slope = count_and_sum(chain.graph, entry, end)
            gradient = Derivative(chain.symbols.symbol(end), (symbol,))
            lines.append(Line(measured(gradient, Plain(number(slope))), "gradient"))
        ids = [block.id for block in self.blocks]
        place = len(ids) if before is None else ids.index(self.ids[before])
        block = Block(
            self.ids[entry], kind, symbol, lines, nodes=(node,), group=group,
            tooltip=written(origins_in([node])),
        )  # fmt: skip
        self.blocks.insert(place, block)

    def _add_leaves(self, entries: Sequence[Entry], head: str) -> None:
        """Add the operands of the chain's numbers that are not in the chain."""
        symbols = self.chain.symbols
        for leaf in _leaves(entries, {entry.node for entry in self.ids}):
            if leaf not in self.leaf_ids:
                self.leaf_ids[leaf] = f"leaf{len(self.leaf_ids)}"
                title = symbols.naming.symbol(leaf) or Plain("?")
                value = Line(Plain(spanned(symbols.values[leaf])), "value")
                identity = self.leaf_ids[leaf]
                block = Block(
                    identity, "input", title, [value], nodes=(leaf,), aside=True
                )
                self.blocks.append(block)
            self.links.append(Link(self.leaf_ids[leaf], head, "forward"))


def _leaves(entries: Sequence[Entry], skip: set[Node]) -> list[Node]:
    """Return the leaves with a name that numbers are computed from."""
    found: dict[Node, None] = {}
    for entry in entries:
        for x in entry.node.inputs:
            while is_view(x) and not x.name:
                (x,) = x.inputs
            named = not isinstance(x, Constant) or bool(x.name)
            if not x.inputs and named and x not in skip:
                found[x] = None
    return list(found)


def _equations(chain: Chain) -> list[Line]:
    """Write the product in symbols and in numbers, in the colours of the edges."""
    symbols: list[Written | str] = [chain.symbol]
    numbers: list[Written | str] = [Plain(number(chain.value))]
    for place, factor in enumerate(chain.factors):
        operator = "  ·  " if place else "   =   "
        value = number(factor.value)
        value = f"({value})" if factor.value < 0 and place else value
        symbols += [operator, Tinted(factor.symbol, factor.role)]
        numbers += [operator, Tinted(Plain(value), factor.role)]
    return [Line(row(*parts), "equation") for parts in (symbols, numbers)]


def _legend(chain: Chain) -> list[Line]:
    return [Line(Plain(chain.legend), "note")] if chain.legend else []
