"""The labels of gradients: on backward edges, in blocks, and verdicts on them."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from chainrule.node import Constant, Node, Parameter
from chainrule.notation.naming import Naming
from chainrule.notation.styles import Written
from chainrule.notation.symbols import Derivative, Symbol
from chainrule.shapes import shape_text
from chainrule.viz.derivative_lines import derivative_lines, measured
from chainrule.viz.graph.edge_rules import EdgeRule, added
from chainrule.viz.graph.edges import Edge
from chainrule.viz.graph.gradient_marks import (
    SIGN,
    dead_units,
    marks_of,
    reference_size,
)
from chainrule.viz.graph.partition import Part
from chainrule.viz.graph.subject import Subject
from chainrule.viz.graph.tidying import tidied
from chainrule.viz.readings import factor, reading
from chainrule.viz.scene import Flow, Line, Role
from chainrule.viz.text import Formula, Plain, row
from chainrule.viz.values import Values

MOST_GRADIENTS = 10
"""Lines about gradients in one block; those in the middle become ⋮."""


@dataclass(frozen=True)
class GradientLabels:
    """Writes what backward edges and blocks say about gradients.

    Attributes:
        subject: the graph, its loss and its gradients.
        naming: the symbols of its nodes.
        values: of the gradients that are shown.
        checked: node → whether a finite difference agrees, if its gradient was checked.
        edges: the edges that are drawn.
        show_shapes: whether shapes are written.
    """

    subject: Subject
    naming: Naming
    values: Values
    checked: Mapping[Node, bool]
    edges: Sequence[Edge]
    show_shapes: bool

    def edge(self, rule: EdgeRule, role: Role) -> list[Line]:
        """Return what a backward edge says."""
        expression, value = rule.expression, self.values.get(rule.expression)
        number_alone = value is not None and isinstance(expression, Constant)
        notes = []
        if self.show_shapes and expression.shape not in ((), rule.x.shape):
            notes.append(Line(Plain(shape_text(expression.shape)), "shape", role))
        return derivative_lines(
            self._derivative(rule.x, rule.of),
            None if number_alone else Formula(expression, self.naming),
            None if value is None else reading(expression, value),
            role,
            notes,
        )

    def flow(self, rule: EdgeRule) -> Flow | None:
        """Return what flows back along an edge: a product, and what it is."""
        arriving = self.values.get(rule.contribution)
        if self.subject.sweep is None or arriving is None:
            return None
        product = reading(rule.contribution, arriving)
        if rule.of is None:
            text = measured(self._derivative(rule.x), product)
            return Flow(rule.x, (), product, text)
        upstream = self.subject.sweep.gradient[rule.of]
        dot = " ⊙ " if arriving.ndim else " · "
        symbols = row(self._derivative(rule.of), dot, self._derivative(rule.x, rule.of))
        factors = [
            reading(node, self.values[node]) for node in (upstream, rule.expression)
        ]
        if any(read.form != "number" for read in (*factors, product)):
            return Flow(rule.x, (), product, measured(symbols, product))
        a, b = factors[0], factor(factors[1])
        text = row(symbols, " = ", a, " · ", b, " = ", product)
        return Flow(rule.x, (a, b), product, text)

    def role(self, x: Node, y: Node) -> Role:
        """Say where the edge from y back to x lies."""
        if isinstance(x, Parameter):
            return "parameter"
        if not x.inputs:
            return "data"
        return "loss" if y in self.subject.loss_nodes else "between"

    def lines(self, part: Part) -> list[Line]:
        """Write ∂J/∂(each named node) of a block, those of parameters last."""
        if self.subject.sweep is None or part.label:
            return []
        lines: list[Line] = []
        remarks: dict[str, None] = {}
        backward = part.nodes[::-1]
        for node in sorted(backward, key=lambda n: isinstance(n, Parameter)):
            gradient = self.subject.sweep.gradient.get(node)
            if gradient is None or not isinstance(self.naming.symbol(node), Symbol):
                continue
            lines += self._gradient(node, gradient, part)
            remarks |= dict.fromkeys(self._remarks(node, gradient))
        if len(lines) > MOST_GRADIENTS:
            half = MOST_GRADIENTS // 2
            lines[half - 1 : -half] = [Line(Plain("⋮"), "gradient")]
        return [*lines, *(Line(Plain(text), "mark") for text in remarks)]

    def marks(self, nodes: Iterable[Node]) -> tuple[str, ...]:
        """Return the marks of the last of some nodes whose gradient is known."""
        gradients = self.subject.sweep.gradient if self.subject.sweep else {}
        known = [gradients[x] for x in nodes if gradients.get(x) in self.values]
        return self._marks_of(self.values[known[-1]]) if known else ()

    def verdict(self) -> list[Line]:
        """Say what was checked, and name what did not agree."""
        if not self.checked:
            return []
        wrong = [
            self._derivative(n).unicode() for n, ok in self.checked.items() if not ok
        ]
        if wrong:
            text = f"✗ finite differences disagree with {', '.join(wrong)}"
            return [Line(Plain(text), "mark")]
        count = len(self.checked)
        text = f"✓ all {count} gradients agree with finite differences"
        return [Line(Plain(text), "good")]

    def _derivative(self, x: Node, of: Node | None = None) -> Derivative | Plain:
        """Return the symbol ∂y/∂x, or ∂J/∂x without y."""
        y = self.subject.loss if of is None else of
        top = self.naming.symbol(y) if y is not None else None
        below = self.naming.symbol(x)
        if isinstance(top, Symbol) and isinstance(below, Symbol):
            return Derivative(top, (below,))
        return Plain("∂")

    def _gradient(self, node: Node, gradient: Node, part: Part) -> list[Line]:
        """Write the gradient of a node: its rule and its number."""
        symbol = self._derivative(node)
        if node is self.subject.loss:
            texts: list[Written] = [row(symbol, " = ", Plain("1"))]
        else:
            texts = self._rule(symbol, node, gradient, part)
            if gradient in self.values:
                texts.append(self._measured(symbol, node, gradient))
        return [Line(text, "gradient") for text in texts]

    def _rule(
        self, symbol: Written, node: Node, gradient: Node, part: Part
    ) -> list[Written]:
        """Write what a gradient is, where no edge says so.

        It is what arrives inside the block, and what the edges drawn to it bring.
        """
        brought = self._drawn[node]
        if not brought:
            if not part.whole or isinstance(gradient, Constant):
                return []
            return [row(symbol, " = ", self._tidied(gradient))]
        arrivals = self._arrivals.get(node, ())
        inside = [arrived for y, arrived in arrivals if y in part.nodes]
        edges = "1 edge" if brought == 1 else f"Σ over {brought} edges"
        if inside:
            rule = self._tidied(added(inside))
            return [row(symbol, " = ", rule, " + ", Plain(edges))]
        return [row(symbol, " = ", Plain(edges))] if brought > 1 else []

    def _tidied(self, expression: Node) -> Formula:
        return Formula(tidied(expression, self.naming), self.naming)

    def _measured(self, symbol: Written, node: Node, gradient: Node) -> Written:
        """Write the number of a gradient, with a sign for each mark and each check."""
        value = self.values[gradient]
        signs = [f" {SIGN[mark][0]}" for mark in self._marks_of(value)]
        if node in self.checked:
            signs.append(" ✓" if self.checked[node] else " ✗")
        return row(measured(symbol, reading(gradient, value)), *signs)

    def _remarks(self, node: Node, gradient: Node) -> list[str]:
        """Say in words what is remarkable about a gradient."""
        if gradient not in self.values or node is self.subject.loss:
            return []
        remarks = []
        if not self.checked.get(node, True):
            symbol = self._derivative(node).unicode()
            remarks.append(f"✗ {symbol} is not what a finite difference gives")
        value = self.values[gradient]
        signs = [SIGN[mark] for mark in self._marks_of(value)]
        inner = not isinstance(node, Parameter) and node not in self.subject.loss_nodes
        if inner and not signs and (dead := dead_units(value)):
            remarks.append(f"☠ {dead} of {value.shape[1]} units dead")
        return remarks + signs

    @functools.cached_property
    def _drawn(self) -> Counter[Node]:
        """Node → how many backward edges are drawn to it."""
        return Counter(edge.x for edge in self.edges if edge.rule)

    @functools.cached_property
    def _arrivals(self) -> dict[Node, list[tuple[Node, Node]]]:
        """For each node, where backward edges come from, and what each brings."""
        arrivals: dict[Node, list[tuple[Node, Node]]] = {}
        if self.subject.sweep is not None:
            for (y, position), brought in self.subject.sweep.contribution.items():
                arrivals.setdefault(y.inputs[position], []).append((y, brought))
        return arrivals

    def _marks_of(self, gradient: npt.NDArray[Any]) -> tuple[str, ...]:
        return marks_of(gradient, self._reference)

    @functools.cached_property
    def _reference(self) -> float:
        return reference_size(self.subject, self.values)
