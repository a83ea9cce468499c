"""From a graph to a scene: blocks, the edges between them, and what they say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy.typing as npt

from chainrule.autodiff import Backward
from chainrule.graph import Constant, Graph, Node, Parameter, shape_text
from chainrule.kinds.loss import Loss
from chainrule.naming import Naming
from chainrule.notation import Written
from chainrule.symbols import Derivative, Symbol
from chainrule.viz.factors import EdgeRule, edge_rule
from chainrule.viz.partition import Part, consumers
from chainrule.viz.scene import Block, BlockKind, Line, Link, Role, Scene
from chainrule.viz.text import Formula, Plain, row
from chainrule.viz.trace import Values, shown, spanned, trace

Direction: TypeAlias = Literal["forward", "backward", "both"]
MOST_LINES = 5
"""Formulas that one block lists; the rest becomes ⋮."""


@dataclass
class Edge:
    """A forward edge between two parts, and what flows back along it."""

    x: Node
    tail: int
    head: int
    positions: list[tuple[Node, int]]
    rule: EdgeRule | None = None


@dataclass
class Composer:
    """Everything that is known about a diagram while it is put together."""

    graph: Graph
    parts: list[Part]
    naming: Naming
    direction: Direction
    sweep: Backward | None = None
    feeds: Mapping[Any, Any] | None = None
    show_shapes: bool = True
    seed: int = 0
    values: Values = field(default_factory=dict)

    def scene(self, name: str, rankdir: str) -> Scene:
        """Put the scene together."""
        self._find_exits()
        self._loss_nodes = _loss_nodes(self.graph)
        if all(not part.whole for part in self.parts):
            self.naming.number(n for e in self.exits for n in e if n.inputs)
        else:
            self.naming.number(n for e in self.exits for n in e[-1:] if n.inputs)
        edges = list(self._edges())
        if self.feeds is not None:
            self.values = trace(self._wanted(edges), self.feeds, self.seed)
        scene = Scene(name, rankdir=rankdir)
        self._ids = self._identities()
        for number, part in enumerate(self.parts):
            scene.blocks.append(self._block(number, part))
            self._clusters(scene, part)
        for edge in edges:
            scene.links.extend(self._links(edge))
        roles = {link.role for link in scene.links if link.kind == "backward"}
        scene.legend = [(role, text) for role, text in _LEGEND.items() if role in roles]
        return scene

    # -- structure --------------------------------------------------------------

    def _find_exits(self) -> None:
        self.place = {n: i for i, part in enumerate(self.parts) for n in part.nodes}
        users = consumers(self.graph)
        outputs = set(self.graph.outputs)
        self.exits = [
            [
                n for n in part.nodes
                if n in outputs or any(self.place.get(u) != i for u in users[n])
            ]
            for i, part in enumerate(self.parts)
        ]  # fmt: skip

    def _edges(self) -> Iterator[Edge]:
        """Yield the edges between parts; inside one level, one for each operand."""
        found: dict[Any, Edge] = {}
        for node in self.graph:
            head = self.place.get(node)
            if head is None:
                continue
            for position, x in enumerate(node.inputs):
                tail = self.place.get(x)
                if tail is None or tail == head:
                    continue
                alone = len(self.parts[head].nodes) == 1
                key = (x, head, position if alone else None)
                edge = found.setdefault(key, Edge(x, tail, head, []))
                edge.positions.append((node, position))
        for edge in found.values():
            if self.sweep and self.direction != "forward":
                edge.rule = edge_rule(
                    self.sweep, edge.x, edge.positions,
                    self.parts[edge.head].nodes, self.exits[edge.head],
                )  # fmt: skip
            yield edge

    def _wanted(self, edges: list[Edge]) -> Iterator[Node]:
        for exits in self.exits:
            yield from exits
        yield from self._named_inside()
        if self.sweep and self.direction != "forward":
            for part in self.parts:
                gradient = self.sweep.gradient
                yield from (gradient[n] for n in part.nodes if n in gradient)
            yield from (edge.rule.expression for edge in edges if edge.rule)

    def _named_inside(self) -> Iterator[Node]:
        for part in self.parts:
            yield from (n for n in part.nodes if self.naming.symbol(n) or not n.inputs)

    def _identities(self) -> list[str]:
        taken: Counter[str] = Counter()
        found = []
        for i, part in enumerate(self.parts):
            path = (
                "/".join(part.scope)
                if part.whole
                else self.graph.id[(self.exits[i] or part.nodes)[-1]]
            )
            slug = "".join(c if c.isascii() and c.isalnum() else "_" for c in path)[:60]
            taken[slug] += 1
            found.append(slug if taken[slug] == 1 else f"{slug}__{taken[slug]}")
        return found

    def _clusters(self, scene: Scene, part: Part) -> None:
        path = part.scope[:-1] if part.whole else part.scope
        for depth in range(1, len(path) + 1):
            scene.clusters.setdefault(path[:depth], path[depth - 1])

    # -- blocks -----------------------------------------------------------------

    def _block(self, number: int, part: Part) -> Block:
        exits = self.exits[number]
        kind = self._kind(part, exits)
        if part.whole:
            title: Any = Plain(part.scope[-1])
        else:
            title = self.naming.symbol(exits[-1] if exits else part.nodes[-1])
        block = Block(
            self._ids[number], kind, title or Plain("?"),
            cluster=part.scope[:-1] if part.whole else part.scope,
            nodes=tuple(part.nodes), exits=tuple(exits),
            tooltip=self._tooltip(part),
        )  # fmt: skip
        if part.whole and part.component is not None:
            described = repr(part.component)
            if described.rstrip("()").lower() != part.scope[-1].replace("_", ""):
                block.lines.append(Line(Plain(described), "note"))
        block.lines += self._formulas(part, exits)
        block.lines += self._parameters(part)
        if self.show_shapes and (shapes := {n.shape for n in exits}) and shapes != {()}:
            text = ", ".join(sorted(shape_text(s) for s in shapes))
            block.lines.append(Line(Plain(text), "shape"))
        if len(exits) == 1 and exits[0] in self.values:
            block.lines.append(Line(Plain(spanned(self.values[exits[0]])), "value"))
        if self.direction != "forward":
            block.lines += self._gradients(part, exits)
        return block

    def _kind(self, part: Part, exits: list[Node]) -> BlockKind:
        if isinstance(part.component, Loss) and part.whole:
            return "loss"
        if any(n in self.graph.outputs and n.shape == () and n.inputs for n in exits):
            return "loss"
        if part.whole:
            return "layer"
        node = part.nodes[-1]
        if isinstance(node, Parameter):
            return "parameter"
        if not node.inputs:
            return "constant" if isinstance(node, Constant) else "input"
        return "op"

    def _formulas(self, part: Part, exits: list[Node]) -> list[Line]:
        """Write what a block computes: one line for each named node in it."""
        named = [n for n in part.nodes if n.inputs and self.naming.symbol(n)]
        lines = []
        for node in named:
            formula = Formula(node, self.naming)
            symbol = self.naming.symbol(node)
            alone = not part.whole and node is part.nodes[-1]
            text = formula if alone or symbol is None else row(symbol, " = ", formula)
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

    def _gradients(self, part: Part, exits: list[Node]) -> list[Line]:
        """Write ∂J/∂(each named node) of a block, with its rule or its number."""
        if self.sweep is None:
            return []
        lines = []
        backward = part.nodes[::-1]
        for node in sorted(backward, key=lambda n: isinstance(n, Parameter)):
            gradient = self.sweep.gradient.get(node)
            symbol = self.naming.symbol(node)
            if gradient is None or not isinstance(symbol, Symbol):
                continue
            parts: list[Any] = [self.derivative(node)]
            inner = part.whole and node not in exits
            if inner and not isinstance(gradient, Constant):
                parts += [" = ", Formula(gradient, self.naming)]
                if gradient in self.values:
                    lines.append(Line(row(*parts), "gradient", self._role(node, node)))
                    parts = measured(parts[0], self.values[gradient])
            elif node is self.sweep.loss:
                parts += [" = ", Plain("1")]
            elif gradient in self.values:
                parts = measured(parts[0], self.values[gradient])
            if len(parts) > 1:
                lines.append(Line(row(*parts), "gradient", self._role(node, node)))
        return lines

    def _tooltip(self, part: Part) -> str:
        return f"{self.graph.id[part.nodes[-1]]}, {len(part.nodes)} nodes"

    # -- edges ------------------------------------------------------------------

    def derivative(self, x: Node, of: Node | None = None) -> Derivative | Plain:
        """Return the symbol ∂y/∂x, or ∂J/∂x without y."""
        assert self.sweep is not None
        top = self.naming.symbol(self.sweep.loss if of is None else of)
        below = self.naming.symbol(x)
        if isinstance(top, Symbol) and isinstance(below, Symbol):
            return Derivative(top, (below,))
        return Plain("∂")

    def _role(self, x: Node, y: Node) -> Role:
        assert self.sweep is not None
        if isinstance(x, Parameter):
            return "parameter"
        if not x.inputs:
            return "data"
        return "loss" if y in self._loss_nodes else "between"

    def _links(self, edge: Edge) -> Iterator[Link]:
        tail, head = self._ids[edge.tail], self._ids[edge.head]
        forward = Link(tail, head, "forward")
        if self.direction != "backward" or edge.rule is None:
            shape = shape_text(edge.x.shape)
            forward.tooltip = f"{self.graph.id[edge.x]} {shape}"
            yield forward
        if edge.rule is not None:
            yield self._backward(edge, edge.rule, tail, head)

    def _backward(self, edge: Edge, rule: EdgeRule, tail: str, head: str) -> Link:
        exits = self.exits[edge.head]
        end = exits[-1] if exits else edge.x
        role = self._role(edge.x, end)
        link = Link(tail, head, "backward", role)
        link.lines.append(Line(self.derivative(edge.x, rule.of), "symbol", role))
        constant = isinstance(rule.expression, Constant)
        if not (constant and rule.expression in self.values):
            formula = Formula(rule.expression, self.naming)
            link.lines.append(Line(row("= ", formula), "formula", role))
        if self.show_shapes and rule.expression.shape not in ((), edge.x.shape):
            link.lines.append(
                Line(Plain(shape_text(rule.expression.shape)), "shape", role)
            )
        if rule.expression in self.values:
            value = shown(self.values[rule.expression])
            text = value if value.startswith("‖") else f"= {value}"
            link.lines.append(Line(Plain(text), "value", role))
        return link


def measured(symbol: Written, value: npt.NDArray[Any]) -> list[Written | str]:
    """Write a symbol with its number, or with its norm: ``‖∂J/∂W‖ = 0.51``."""
    text = shown(value)
    if text.startswith("‖"):
        return ["‖", symbol, text.removeprefix("‖·")]
    return [symbol, " = ", Plain(text)]


def _loss_nodes(graph: Graph) -> set[Node]:
    """Find what belongs to the loss: its scope, and unnamed nodes used only for it."""
    users = consumers(graph)
    found = {node for node in graph.outputs if node.shape == ()}
    for node in reversed(graph.order):
        inside = any(isinstance(scope.component, Loss) for scope in node.scope)
        private = (
            not node.name
            and bool(users[node])
            and all(user in found for user in users[node])
            and not any(isinstance(x, Parameter) for x in node.inputs)
        )
        if node.inputs and (inside or private):
            found.add(node)
    return found


_LEGEND: dict[Role, str] = {
    "loss": "out of the loss: ∂J/∂ŷ",
    "between": "in between: ∂ŷ/∂z",
    "parameter": "into a parameter: ∂z/∂w",
    "data": "into an input",
}
