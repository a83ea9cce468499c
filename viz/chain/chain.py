"""The chain rule written out: a factor from each number all paths pass to the next.

Because every path goes through these numbers, the product of the factors is the whole
derivative; where paths part in between, the factor is the sum over them.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from chainrule.autodiff import Backward
from chainrule.node import Constant, Node, Parameter
from chainrule.notation.naming import Naming
from chainrule.notation.symbols import Derivative, Symbol
from chainrule.notation.writer import Written, number
from chainrule.ops.linalg import Matmul
from chainrule.viz.chain.entries import Element, Elements, Step
from chainrule.viz.chain.paths import best_paths, between, count_and_sum, dominators
from chainrule.viz.chain.softmax import cross_entropy_rule, softmax_slope
from chainrule.viz.graph.edge_rules import EdgeRule, edge_rule
from chainrule.viz.graph.partition import is_view
from chainrule.viz.scene import Role
from chainrule.viz.text import Formula, Plain, Row, row
from chainrule.viz.values import Values


@dataclass(frozen=True)
class Factor:
    """∂top/∂bottom: one factor of the chain.

    Attributes:
        bottom, top: the numbers it leads from and to.
        symbol: how it is written, ∂ŷ/∂z₁.
        rule: the expression that is computed, where one can be printed.
        value: its number, summed over all paths in between.
        count: how many paths that is.
        role: which colour it has.
    """

    bottom: Element
    top: Element
    symbol: Derivative
    rule: Written
    value: float
    count: int
    role: Role


class Chain:
    """Finds the factors between one number and the loss."""

    def __init__(
        self, sweep: Backward, naming: Naming, within: Elements, values: Values
    ) -> None:
        self.sweep = sweep
        self.naming = naming
        self.within = within
        self.values = values
        self.numbered: list[Node] = []
        """The nodes between that had no name, and got one."""

    def factors(self) -> list[Factor]:
        """Return the factors, the loss's first, as the chain rule is written."""
        stops = self._stops()
        pairs = list(itertools.pairwise(stops))
        found = []
        for place, (bottom, top) in enumerate(pairs):
            count, value = count_and_sum(self.within, bottom, top)
            role: Role = "between"
            if place == 0:
                role = "parameter"
            if place == len(pairs) - 1:
                role = "loss"
            symbol = Derivative(self.symbol(top), (self.symbol(bottom),))
            rule = self._rule(bottom, top, count)
            found.append(Factor(bottom, top, symbol, rule, value, count, role))
        return found[::-1]

    def _stops(self) -> list[Element]:
        """Choose among the numbers all paths pass: those with a name, if any have."""
        all_pass = dominators(self.within)
        inner = all_pass[1:-1]
        named = [e for e in inner if isinstance(self.naming.symbol(e.node), Symbol)]
        chosen = named
        if not (named or self._known(all_pass[0], all_pass[-1])):
            chosen = [e for e in inner if e.node.op and not is_view(e.node)]
            self.numbered = list(dict.fromkeys(element.node for element in chosen))
            self.naming.number(self.numbered)
        return [all_pass[0], *chosen, *all_pass[-1:]] if len(all_pass) > 1 else all_pass

    def _known(self, bottom: Element, top: Element) -> Written | None:
        _, value = count_and_sum(self.within, bottom, top)
        return cross_entropy_rule(self, bottom, top, value)

    @property
    def where(self) -> list[tuple[Symbol, Formula]]:
        """What the symbols stand for that are made up here."""
        named = [(self.naming.symbol(node), node) for node in self.numbered]
        return [
            (symbol, Formula(node, self.naming))
            for symbol, node in named
            if isinstance(symbol, Symbol)
        ]

    def symbol(self, element: Element) -> Symbol:
        """Return the symbol of a number: that of its node, with its indices."""
        element = self._viewed(element)
        symbol = self.naming.symbol(element.node)
        found = symbol if isinstance(symbol, Symbol) else Symbol("v")
        if self.values[element.node].size == 1:
            return found
        if isinstance(element.node, Parameter):
            found = replace(found, base=found.base.lower())  # an entry of W is w
        sub = self._indices(element, "," if found.sub else "")
        return replace(found, sub=f"{found.sub},{sub}" if found.sub else sub)

    def _viewed(self, element: Element) -> Element:
        """Return the number that a node without a name merely passes on."""
        node = element.node
        while is_view(node) and not self.naming.symbol(node):
            (node,) = node.inputs
        return Element(node, element.entry)

    def indexed(self, element: Element) -> Symbol:
        """Return the indices of a number alone, to stand behind an expression."""
        if self.values[element.node].size == 1:
            return Symbol("")
        return Symbol("", sub=self._indices(element))

    def _indices(self, element: Element, join: str = "") -> str:
        """Write the indices from 1; those of a batch of one are left out."""
        shape = self.values[element.node].shape
        indices = [int(i) + 1 for i in np.unravel_index(element.entry, shape)]
        leaf = isinstance(element.node, Parameter)
        if len(indices) > 1 and shape[0] == 1 and not leaf:
            indices = indices[1:]
        join = join or ("" if max(indices) < 10 else ",")
        return join.join(map(str, indices))

    def _rule(self, bottom: Element, top: Element, count: int) -> Written:
        """Print the factor: an expression, a product along a path, or Σ over paths."""
        rule = self._expression(bottom, top)
        if rule is not None and rule.of is not None:
            return Formula(rule.expression, self.naming)
        known = self._known(bottom, top)
        if known is not None:
            return known
        if count == 1:
            (path,) = best_paths(self.within, bottom, top, 1)
            return self.along(path.steps)
        return Plain(f"Σ over {count:,} paths".replace(",", " "))

    def along(self, steps: Sequence[Step]) -> Written:
        """Print the product of the derivatives along a path."""
        bottom, top = steps[0].source, steps[-1].target
        if count_and_sum(self.within, bottom, top)[0] == 1:
            known = self._known(bottom, top)
            if known is not None:
                return known
        slopes = [self._slope(step) for step in reversed(steps)]
        texts = [text for text in slopes if text is not None]
        parts: list[Written | str] = []
        for text in texts:
            several = len(texts) > 1 and isinstance(text, (Formula, Row))
            negative = bool(parts) and text.unicode().startswith("−")
            parts += [" · "] if parts else []
            parts += ["(", text, ")"] if several or negative else [text]
        return row(*parts) if parts else Plain("1")

    def _expression(self, bottom: Element, top: Element) -> EdgeRule | None:
        """Return the factor as one expression, where all in between is elementwise."""
        nodes = dict.fromkeys(e.node for e in between(self.within, bottom, top))
        part = [node for node in nodes if node is not bottom.node]
        edges = [
            (y, position)
            for y in part
            for position, x in enumerate(y.inputs)
            if x is bottom.node
        ]
        shapes = {self.values[node].shape for node in nodes}
        if len(shapes) > 1:
            return None
        return edge_rule(self.sweep, bottom.node, edges, part, [top.node])

    def _slope(self, step: Step) -> Written | None:
        """Print the derivative along one edge; None is 1."""
        y = step.target.node
        local = self.sweep.local.get((y, step.position))
        if isinstance(local, Node):
            return Formula(local, self.naming)
        if local is not None:
            return None if local == 1 else Plain(number(local))
        if isinstance(y.op, Matmul) and not (y.op.transpose_a or y.op.transpose_b):
            other = y.inputs[1 - step.position]
            return self.symbol(self._partner(step, other))
        if step.slope == 1:
            return None
        return softmax_slope(step, self) or self._plain(step)

    def _plain(self, step: Step) -> Written:
        """Print a derivative that has no formula: its symbol, or else its number."""
        ends = [self._viewed(e).node for e in (step.target, step.source)]
        named = all(isinstance(self.naming.symbol(node), Symbol) for node in ends)
        if not named or {*ends} & {*self.numbered}:
            return Plain(number(step.slope))
        return Derivative(self.symbol(step.target), (self.symbol(step.source),))

    def _partner(self, step: Step, other: Node) -> Element:
        """Return the number that a matrix product multiplies the source with."""
        y = step.target.node
        row_of, column = np.unravel_index(step.target.entry, self.values[y].shape)[-2:]
        where = np.unravel_index(step.source.entry, self.values[step.source.node].shape)
        index = (row_of, where[-2]) if step.position else (where[-1], column)
        shape = self.values[other].shape
        lead = np.unravel_index(step.target.entry, self.values[y].shape)[:-2]
        full = (*lead, *index)[-len(shape) :]
        return Element(other, int(np.ravel_multi_index(full, shape)))


def is_leaf(node: Node) -> bool:
    """Whether a node is an input, a parameter or a constant with a name."""
    return not node.inputs and (not isinstance(node, Constant) or bool(node.name))


def context(segment: Sequence[Element], skip: set[Node]) -> list[Node]:
    """Return the leaves that the nodes of a stretch use besides the chain."""
    found: dict[Node, None] = {}
    for element in segment:
        for x in element.node.inputs:
            while is_view(x) and not x.name:
                (x,) = x.inputs
            if is_leaf(x) and x not in skip:
                found[x] = None
    return list(found)
