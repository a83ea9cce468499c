"""What blocks and edges say: formulas, shapes, values, gradients and their marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy.typing as npt

from chainrule.autodiff import Backward
from chainrule.graph import Graph
from chainrule.kinds.loss import Loss
from chainrule.node import Constant, Node, Parameter
from chainrule.notation.naming import Naming
from chainrule.notation.symbols import Derivative, Symbol
from chainrule.notation.writer import Written
from chainrule.shapes import shape_text
from chainrule.viz.derivative_lines import derivative_lines, measured
from chainrule.viz.graph.edge_rules import EdgeRule
from chainrule.viz.graph.gradient_marks import SIGN, dead_units, marks_of, rms
from chainrule.viz.graph.partition import Part, consumers
from chainrule.viz.scene import BlockKind, Line, Role
from chainrule.viz.text import Formula, Plain, row
from chainrule.viz.values import Values, shown, spanned

MOST_LINES = 5
"""Formulas that one block lists; the rest becomes ⋮."""


@dataclass
class Labels:
    """Writes labels from what is known about a graph."""

    graph: Graph
    naming: Naming
    sweep: Backward | None
    show_shapes: bool = True
    values: Values = field(default_factory=dict)
    checked: dict[Node, bool] = field(default_factory=dict)
    """Whether a finite difference agrees, for the gradients that were checked."""

    def __post_init__(self) -> None:
        self.loss_nodes = _loss_nodes(self.graph)
        self.arrivals: dict[Node, list[Node]] = {}
        if self.sweep:
            for y, position in self.sweep.contribution:
                self.arrivals.setdefault(y.inputs[position], []).append(y)

    # -- blocks -----------------------------------------------------------------

    def kind(self, part: Part, exits: Sequence[Node]) -> BlockKind:
        """Say what kind of block a part is."""
        if isinstance(part.component, Loss) and part.whole:
            return "loss"
        outputs = self.graph.outputs
        if any(n in outputs and n.shape == () and n.inputs for n in exits):
            return "loss"
        if part.whole:
            return "layer"
        node = part.nodes[-1]
        if isinstance(node, Parameter):
            return "parameter"
        if not node.inputs:
            return "constant" if isinstance(node, Constant) else "input"
        return "op"

    def title(self, part: Part, exits: Sequence[Node]) -> Written:
        """Return the heading: a symbol, or the name of a layer."""
        if part.label:
            return Plain(part.label)
        if part.whole:
            name = part.scope[-1]
            if part.last and part.period == 1:
                name = f"{name} … {part.last.scope[-1]}  × {part.times}"
            return Plain(name)
        symbol = self.naming.symbol(exits[-1] if exits else part.nodes[-1])
        if part.last and part.period == 1:
            end = self.naming.symbol(part.last.nodes[-1])
            return row(symbol or "?", " … ", end or "?", f"  × {part.times}")
        return symbol or Plain("?")

    def block(self, part: Part, exits: Sequence[Node]) -> list[Line]:
        """Return what a block says under its heading."""
        lines: list[Line] = []
        if part.label:
            return lines
        if part.whole and part.component is not None:
            described = repr(part.component)
            if described.rstrip("()").lower() != part.scope[-1].replace("_", ""):
                lines.append(Line(Plain(described), "note"))
        lines += self._formulas(part)
        lines += self._parameters(part)
        shapes = dict.fromkeys(shape_text(n.shape) for n in exits)
        if self.show_shapes and shapes and list(shapes) != ["()"]:
            lines.append(Line(Plain(", ".join(shapes)), "shape"))
        if len(exits) == 1 and exits[0] in self.values:
            lines.append(Line(Plain(spanned(self.values[exits[0]])), "value"))
        return lines + self._gradients(part, exits)

    def _shortened(self, lines: list[Line]) -> list[Line]:
        if len(lines) > MOST_LINES:
            lines[MOST_LINES - 2 : -1] = [Line(Plain("⋮"), "formula")]
        return lines

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
        return self._shortened(lines)

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

    def _gradients(self, part: Part, exits: Sequence[Node]) -> list[Line]:
        """Write ∂J/∂(each named node) of a block, with its rule and its number."""
        if self.sweep is None:
            return []
        lines: list[Line] = []
        remarks: dict[str, None] = {}
        backward = part.nodes[::-1]
        for node in sorted(backward, key=lambda n: isinstance(n, Parameter)):
            gradient = self.sweep.gradient.get(node)
            if gradient is None or not isinstance(self.naming.symbol(node), Symbol):
                continue
            role, symbol = self.arriving(node), self.derivative(node)
            inner = part.whole and node not in exits
            if node is self.sweep.loss:
                lines.append(Line(row(symbol, " = ", Plain("1")), "gradient", role))
                continue
            if inner and not isinstance(gradient, Constant):
                rule = row(symbol, " = ", Formula(gradient, self.naming))
                lines.append(Line(rule, "gradient", role))
            if not inner and len(self.arrivals.get(node, ())) > 1:
                paths = Plain(f"Σ over {len(self.arrivals[node])} edges")
                lines.append(Line(row(symbol, " = ", paths), "gradient", role))
            if gradient in self.values:
                value = self.values[gradient]
                signs = [SIGN[mark] for mark in self.marks(value)]
                texts: list[Written | str] = [measured(symbol, shown(value))]
                texts += [f" {s[0]}" for s in signs]
                if node in self.checked:
                    texts.append(" ✓" if self.checked[node] else " ✗")
                    wrong = (
                        f"✗ {symbol.unicode()} is not what a finite difference gives"
                    )
                    remarks.update({} if self.checked[node] else {wrong: None})
                lines.append(Line(row(*texts), "gradient", role))
                remarks.update(dict.fromkeys(signs or self._dead(node, value)))
        most = 2 * MOST_LINES
        if len(lines) > most:
            lines[most - 1 :] = [Line(Plain("⋮"), "gradient")]
        return [*lines, *(Line(Plain(text), "mark") for text in remarks)]

    def _dead(self, node: Node, gradient: npt.NDArray[Any]) -> list[str]:
        if isinstance(node, Parameter) or node in self.loss_nodes:
            return []
        dead = dead_units(gradient)
        return [f"☠ {dead} of {gradient.shape[1]} units dead"] if dead else []

    def marks(self, gradient: npt.NDArray[Any]) -> tuple[str, ...]:
        """Return what is remarkable about a gradient."""
        return marks_of(gradient, self._reference())

    def _reference(self) -> float:
        """Return the size of the gradient where the sweep leaves the loss."""
        assert self.sweep is not None
        gradients = self.sweep.gradient
        sizes = [
            rms(self.values[gradients[x]])
            for y in self.sweep.gradient
            if y in self.loss_nodes
            for x in y.inputs
            if x not in self.loss_nodes and gradients.get(x) in self.values
        ]
        return max(sizes, default=0.0)

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

    def derivative(self, x: Node, of: Node | None = None) -> Derivative | Plain:
        """Return the symbol ∂y/∂x, or ∂J/∂x without y."""
        assert self.sweep is not None
        top = self.naming.symbol(self.sweep.loss if of is None else of)
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
        return "loss" if y in self.loss_nodes else "between"

    def arriving(self, x: Node) -> Role:
        """Say where the edges lie that end at x: its gradient has their colour."""
        roles = {self.role(x, y) for y in self.arrivals.get(x, (x,))}
        return roles.pop() if len(roles) == 1 else "between"

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


def _loss_nodes(graph: Graph) -> set[Node]:
    """Find what belongs to the loss: its scope, and unnamed nodes used only for it."""
    users = consumers(graph)
    found = {node for node in graph.outputs if node.shape == ()}
    for node in reversed(graph.order):
        inside = any(isinstance(scope.component, Loss) for scope in node.scope)
        private = (
            not node.name
            and all(scope.component is None for scope in node.scope)
            and bool(users[node])
            and all(user in found for user in users[node])
            and not any(isinstance(x, Parameter) for x in node.inputs)
        )
        if node.inputs and (inside or private):
            found.add(node)
    return found
