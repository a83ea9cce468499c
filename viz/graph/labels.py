"""What blocks and edges say: formulas, shapes, values, gradients and their marks."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy.typing as npt

from chainrule.kinds.loss import Loss
from chainrule.node import Constant, Node, Parameter
from chainrule.notation.naming import Naming
from chainrule.notation.symbols import Derivative, Symbol
from chainrule.notation.writer import Written
from chainrule.shapes import shape_text
from chainrule.viz.derivative_lines import derivative_lines, measured
from chainrule.viz.graph.edge_rules import EdgeRule
from chainrule.viz.graph.gradient_marks import (
    SIGN,
    dead_units,
    marks_of,
    reference_size,
)
from chainrule.viz.graph.partition import Part
from chainrule.viz.graph.subject import Subject
from chainrule.viz.scene import BlockKind, Line, Role
from chainrule.viz.text import Formula, Plain, row
from chainrule.viz.values import Values, shown, spanned

MOST_LINES = 5
"""Formulas that one block lists; the rest becomes ⋮."""


@dataclass(frozen=True)
class Labels:
    """Writes labels from what is known about a graph.

    Attributes:
        subject: the graph, its loss and its gradients.
        naming: the symbols of its nodes.
        show_shapes: whether shapes are written.
        values: of nodes and of gradients, as far as they are shown.
        checked: for gradients that were checked, whether a finite difference agrees.
    """

    subject: Subject
    naming: Naming
    show_shapes: bool = True
    values: Values = field(default_factory=dict)
    checked: Mapping[Node, bool] = field(default_factory=dict)

    # -- blocks -----------------------------------------------------------------

    def kind(self, part: Part) -> BlockKind:
        """Say what kind of block a part is."""
        if part.whole and isinstance(part.component, Loss):
            return "loss"
        outputs = self.subject.graph.outputs
        if any(n in outputs and n.shape == () and n.inputs for n in part.exits):
            return "loss"
        if part.whole:
            return "layer"
        node = part.nodes[-1]
        if isinstance(node, Parameter):
            return "parameter"
        if not node.inputs:
            return "constant" if isinstance(node, Constant) else "input"
        return "op"

    def title(self, part: Part, last: Part | None = None, times: int = 1) -> Written:
        """Return the heading: a symbol, or the name of a layer.

        Where the block stands for a row of `times` parts, `last` is the last of them.
        """
        if part.label:
            return Plain(part.label)
        if part.whole:
            name = part.scope[-1]
            return Plain(f"{name} … {last.scope[-1]}  × {times}" if last else name)
        symbol = self.naming.symbol(part.result)
        if last is None:
            return symbol or Plain("?")
        end = self.naming.symbol(last.nodes[-1])
        return row(symbol or "?", " … ", end or "?", f"  × {times}")

    def block(self, part: Part) -> list[Line]:
        """Return what a block says under its heading."""
        if part.label:
            return []
        lines = [
            *self._description(part),
            *self._formulas(part),
            *self._parameters(part),
        ]
        shapes = dict.fromkeys(shape_text(node.shape) for node in part.exits)
        if self.show_shapes and shapes and list(shapes) != ["()"]:
            lines.append(Line(Plain(", ".join(shapes)), "shape"))
        if len(part.exits) == 1 and part.exits[0] in self.values:
            value = spanned(self.values[part.exits[0]])
            lines.append(Line(Plain(value), "value"))
        return lines + self._gradients(part)

    def _description(self, part: Part) -> list[Line]:
        """Write a component's hyperparameters, if they say more than its name."""
        if not part.whole or part.component is None:
            return []
        described = repr(part.component)
        if described.rstrip("()").lower() == part.scope[-1].replace("_", ""):
            return []
        return [Line(Plain(described), "note")]

    def _formulas(self, part: Part) -> list[Line]:
        """Write what a block computes: one line for each named node in it."""
        lines = []
        for node in part.nodes:
            symbol = self.naming.symbol(node)
            if not node.inputs or symbol is None:
                continue
            formula = Formula(node, self.naming)
            alone = not part.whole and node is part.nodes[-1]
            text = formula if alone else row(symbol, " = ", formula)
            lines.append(Line(text, "formula"))
        if len(lines) > MOST_LINES:
            lines[MOST_LINES - 2 : -1] = [Line(Plain("⋮"), "formula")]
        return lines

    def _parameters(self, part: Part) -> list[Line]:
        if not part.whole:
            return []
        texts: list[Written | str] = []
        for node in part.nodes:
            symbol = self.naming.symbol(node)
            if isinstance(node, Parameter) and symbol:
                texts += ["   " if texts else "", symbol]
                texts += [" ", Plain(shape_text(node.shape))]
        return [Line(row(*texts), "shape", "parameter")] if texts else []

    # -- gradients --------------------------------------------------------------

    def _gradients(self, part: Part) -> list[Line]:
        """Write ∂J/∂(each named node) of a block, those of parameters last."""
        if self.subject.sweep is None:
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
        most = 2 * MOST_LINES
        if len(lines) > most:
            lines[most - 1 :] = [Line(Plain("⋮"), "gradient")]
        return [*lines, *(Line(Plain(text), "mark") for text in remarks)]

    def _gradient(self, node: Node, gradient: Node, part: Part) -> list[Line]:
        """Write the gradient of a node: its rule and its number."""
        symbol = self.derivative(node)
        if node is self.subject.loss:
            texts: list[Written] = [row(symbol, " = ", Plain("1"))]
        else:
            texts = self._rule(symbol, node, gradient, part)
            if gradient in self.values:
                texts.append(self._measured(symbol, node, self.values[gradient]))
        role = self._role_of_gradient(node)
        return [Line(text, "gradient", role) for text in texts]

    def _rule(
        self, symbol: Written, node: Node, gradient: Node, part: Part
    ) -> list[Written]:
        """Write what a gradient is, where no edge says so."""
        if part.whole and node not in part.exits:
            if isinstance(gradient, Constant):
                return []
            return [row(symbol, " = ", Formula(gradient, self.naming))]
        arrivals = len(self._arrivals.get(node, ()))
        if arrivals > 1:
            return [row(symbol, " = ", Plain(f"Σ over {arrivals} edges"))]
        return []

    def _measured(
        self, symbol: Written, node: Node, value: npt.NDArray[Any]
    ) -> Written:
        """Write the number of a gradient, with a sign for each mark and each check."""
        signs = [f" {SIGN[mark][0]}" for mark in self._marks_of(value)]
        if node in self.checked:
            signs.append(" ✓" if self.checked[node] else " ✗")
        return row(measured(symbol, shown(value)), *signs)

    def _remarks(self, node: Node, gradient: Node) -> list[str]:
        """Say in words what is remarkable about a gradient."""
        if gradient not in self.values or node is self.subject.loss:
            return []
        remarks = []
        if not self.checked.get(node, True):
            symbol = self.derivative(node).unicode()
            remarks.append(f"✗ {symbol} is not what a finite difference gives")
        value = self.values[gradient]
        signs = [SIGN[mark] for mark in self._marks_of(value)]
        inner = not isinstance(node, Parameter) and node not in self.subject.loss_nodes
        if inner and not signs and (dead := dead_units(value)):
            remarks.append(f"☠ {dead} of {value.shape[1]} units dead")
        return remarks + signs

    def marks(self, nodes: Iterable[Node]) -> tuple[str, ...]:
        """Return the marks of the last of some nodes whose gradient is known."""
        gradients = self.subject.sweep.gradient if self.subject.sweep else {}
        known = [gradients[x] for x in nodes if gradients.get(x) in self.values]
        return self._marks_of(self.values[known[-1]]) if known else ()

    def _marks_of(self, gradient: npt.NDArray[Any]) -> tuple[str, ...]:
        return marks_of(gradient, self._reference)

    @functools.cached_property
    def _reference(self) -> float:
        return reference_size(self.subject, self.values)

    def verdict(self) -> list[Line]:
        """Say what was checked, and name what did not agree."""
        if not self.checked:
            return []
        wrong = [
            self.derivative(n).unicode() for n, ok in self.checked.items() if not ok
        ]
        if wrong:
            text = f"✗ finite differences disagree with {', '.join(wrong)}"
            return [Line(Plain(text), "mark")]
        count = len(self.checked)
        text = f"✓ all {count} gradients agree with finite differences"
        return [Line(Plain(text), "good")]

    # -- edges ------------------------------------------------------------------

    def edge(self, rule: EdgeRule, role: Role) -> list[Line]:
        """Return what a backward edge says."""
        expression, value = rule.expression, self.values.get(rule.expression)
        number_alone = value is not None and isinstance(expression, Constant)
        notes = []
        if self.show_shapes and expression.shape not in ((), rule.x.shape):
            notes.append(Line(Plain(shape_text(expression.shape)), "shape", role))
        return derivative_lines(
            self.derivative(rule.x, rule.of),
            None if number_alone else Formula(expression, self.naming),
            "" if value is None else shown(value),
            role,
            notes,
        )

    def derivative(self, x: Node, of: Node | None = None) -> Derivative | Plain:
        """Return the symbol ∂y/∂x, or ∂J/∂x without y."""
        y = self.subject.loss if of is None else of
        top = self.naming.symbol(y) if y is not None else None
        below = self.naming.symbol(x)
        if isinstance(top, Symbol) and isinstance(below, Symbol):
            return Derivative(top, (below,))
        return Plain("∂")

    def role(self, x: Node, y: Node) -> Role:
        """Say where the edge from y back to x lies."""
        if isinstance(x, Parameter):
            return "parameter"
        if not x.inputs:
            return "data"
        return "loss" if y in self.subject.loss_nodes else "between"

    def _role_of_gradient(self, x: Node) -> Role:
        """Say where the edges lie that end at x: its gradient has their colour."""
        roles = {self.role(x, y) for y in self._arrivals.get(x, (x,))}
        return roles.pop() if len(roles) == 1 else "between"

    @functools.cached_property
    def _arrivals(self) -> dict[Node, list[Node]]:
        """For each node, where the backward edges come from that end at it."""
        arrivals: dict[Node, list[Node]] = {}
        if self.subject.sweep is not None:
            for y, position in self.subject.sweep.contribution:
                arrivals.setdefault(y.inputs[position], []).append(y)
        return arrivals
