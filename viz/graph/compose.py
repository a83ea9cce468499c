"""From a graph to a scene: blocks, and the edges between them."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from chainrule.autodiff import Backward
from chainrule.graph import Graph
from chainrule.node import Node
from chainrule.notation.symbols import Symbol
from chainrule.shapes import shape_text
from chainrule.viz.graph.edge_rules import EdgeRule, edge_rule
from chainrule.viz.graph.gradient_checks import check_gradients
from chainrule.viz.graph.labels import Labels
from chainrule.viz.graph.partition import Part, consumers
from chainrule.viz.graph.repeats import Repeat
from chainrule.viz.scene import Block, Link, Role, Scene
from chainrule.viz.values import trace

Direction: TypeAlias = Literal["forward", "backward", "both"]


@dataclass
class Edge:
    """A forward edge between two parts, and what flows back along it."""

    x: Node
    tail: int
    head: int
    operands: list[tuple[Node, int]] = field(default_factory=list)
    rule: EdgeRule | None = None


@dataclass
class Composer:
    """Puts a scene together.

    Attributes:
        graph: what is drawn.
        parts: its nodes, divided into blocks.
        repeats: which parts repeat, and are shown once.
        labels: what writes the labels.
        direction: which edges are drawn.
        sweep: the reverse sweep, if there is one.
        feeds: values for the inputs, or None for a diagram without values.
    """

    graph: Graph
    parts: Sequence[Part]
    repeats: Sequence[Repeat]
    labels: Labels
    direction: Direction
    sweep: Backward | None = None
    feeds: Mapping[Any, Any] | None = None
    seed: int = 0
    training: bool = False
    check: bool = False

    def scene(self, name: str, rankdir: str) -> Scene:
        """Put the scene together."""
        self._find_exits()
        self._fold()
        self._find_clusters()
        last = slice(-1, None) if any(p.whole for p in self.parts) else slice(None)
        visible = [i for i, home in enumerate(self.home) if home == (i, 0)]
        self.labels.naming.number(
            n for exits in self.exits for n in exits[last] if n.inputs
        )
        edges = list(self._edges())
        if self.feeds is not None:
            self.labels.values = trace(
                self._wanted(edges), self.feeds, self.seed, training=self.training
            )
        if self.check and self.sweep is not None and self.feeds is not None:
            self.labels.checked = check_gradients(
                self.sweep, self._told(visible), self.labels.values, self.feeds,
                seed=self.seed, training=self.training,
            )  # fmt: skip
        self.ids = self._identities()
        scene = Scene(name, rankdir=rankdir)
        for i in visible:
            part = self.parts[i]
            scene.blocks.append(self._block(i, part))
            self._clusters(scene, scene.blocks[-1], i)
        for edge in edges:
            scene.links.extend(self._links(edge))
        roles = {link.role for link in scene.links if link.kind == "backward"}
        _straighten(scene)
        scene.caption += self.labels.verdict()
        scene.legend = [(role, text) for role, text in LEGEND.items() if role in roles]
        return scene

    def blocks_of_nodes(self) -> dict[Node, str]:
        """Return, for the nodes of visible blocks, the id of the block."""
        return {
            node: self.ids[i]
            for i, part in enumerate(self.parts)
            if self.home[i] == (i, 0)
            for node in part.nodes
        }

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

    def _fold(self) -> None:
        """Let the first of what repeats stand for all; `home` says for whom."""
        self.home = [(i, 0) for i in range(len(self.parts))]
        for repeat in self.repeats:
            for i in range(repeat.start, repeat.stop):
                copy, position = divmod(i - repeat.start, repeat.period)
                self.home[i] = (repeat.start + position, copy)
            for i in range(repeat.start, repeat.start + repeat.period):
                part = self.parts[i]
                part.times, part.period = repeat.times, repeat.period
                part.last = self.parts[i + repeat.period * (repeat.times - 1)]

    def _edges(self) -> Iterator[Edge]:
        """Yield the edges between blocks; a single operation has one per operand."""
        found: dict[Any, Edge] = {}
        for node in self.graph:
            head = self.place.get(node)
            if head is None:
                continue
            for position, x in enumerate(node.inputs):
                tail = self.place.get(x)
                if tail is None or tail == head or self._hidden(tail, head):
                    continue
                alone = len(self.parts[head].nodes) == 1
                key = (x, head, position if alone else None)
                edge = found.setdefault(key, Edge(x, tail, head))
                edge.operands.append((node, position))
        for edge in found.values():
            if self.sweep and self.direction != "forward":
                edge.rule = edge_rule(
                    self.sweep, edge.x, edge.operands,
                    self.parts[edge.head].nodes, self.exits[edge.head],
                )  # fmt: skip
            yield edge

    def _hidden(self, tail: int, head: int) -> bool:
        """Whether an edge belongs to a copy that is not shown, or joins two copies."""
        (_, tail_copy), (_, head_copy) = self.home[tail], self.home[head]
        return head_copy > 0 or (tail_copy > 0 and self._together(tail, head))

    def _together(self, a: int, b: int) -> bool:
        return any(
            r.start <= a < r.stop and r.start <= b < r.stop for r in self.repeats
        )

    def _wanted(self, edges: list[Edge]) -> Iterator[Node]:
        """Yield every node whose value the diagram shows."""
        naming = self.labels.naming
        for part, exits in zip(self.parts, self.exits, strict=True):
            yield from exits
            yield from (n for n in part.nodes if naming.symbol(n) or not n.inputs)
            if self.sweep and self.direction != "forward":
                gradient = self.sweep.gradient
                yield from (gradient[n] for n in part.nodes if n in gradient)
        yield from (edge.rule.expression for edge in edges if edge.rule)

    def _told(self, visible: Sequence[int]) -> Iterator[Node]:
        """Yield the nodes whose gradients the diagram shows."""
        for i in visible:
            for node in self.parts[i].nodes:
                if isinstance(self.labels.naming.symbol(node), Symbol):
                    yield node

    def _identities(self) -> list[str]:
        """Make ids that are safe in every format and do not depend on order."""
        taken: Counter[str] = Counter()
        found = []
        for part, exits in zip(self.parts, self.exits, strict=True):
            path = (
                "/".join(part.scope)
                if part.whole
                else self.graph.id[(exits or part.nodes)[-1]]
            )
            slug = "".join(c if c.isascii() and c.isalnum() else "_" for c in path)[:60]
            taken[slug] += 1
            found.append(slug if taken[slug] == 1 else f"{slug}__{taken[slug]}")
        return found

    def _block(self, number: int, part: Part) -> Block:
        exits = self.exits[number]
        block = Block(
            self.ids[number],
            self.labels.kind(part, exits),
            self.labels.title(part, exits),
            self.labels.block(part, exits),
            cluster=self._cluster_of(part),
            nodes=tuple(part.nodes),
            exits=tuple(exits),
            tooltip=f"{self.graph.id[part.nodes[-1]]}, {len(part.nodes)} nodes",
            times=part.times,
        )
        for node in exits:
            gradient = self.sweep.gradient.get(node) if self.sweep else None
            if gradient is not None and gradient in self.labels.values:
                block.marks = self.labels.marks(self.labels.values[gradient])
        return block

    def _clusters(self, scene: Scene, block: Block, number: int) -> None:
        """Make the clusters of a block; what repeats gets one that says how often."""
        path = block.cluster
        if number in self.around:
            depth, label, new = self.around[number]
            if new:
                path = (*path[:depth], label, *path[depth:])
            scene.clusters[path[: depth + new]] = label
        block.cluster = path
        for depth in range(1, len(path) + 1):
            scene.clusters.setdefault(path[:depth], path[depth - 1])

    def _find_clusters(self) -> None:
        """Decide for every repeated part at which depth of its path "× 12" is said.

        That is the scope which the repeated parts alone are in, or a new one.
        """
        self.around: dict[int, tuple[int, str, bool]] = {}
        paths = [self._cluster_of(part) for part in self.parts]
        for repeat in self.repeats:
            if repeat.period == 1:
                continue
            prefix = _common([paths[i] for i in repeat.first()])
            depth = len(prefix)
            neighbours = (*paths[: repeat.start], *paths[repeat.stop :])
            new = not prefix or any(path[:depth] == prefix for path in neighbours)
            ends = range(repeat.stop - repeat.period, repeat.stop)
            end = _common([paths[i] for i in ends])
            words = "" if new else prefix[-1]
            if not new and end and end != prefix:
                words = f"{words} … {end[-1]}"
            label = f"{words}  × {repeat.times}".strip()
            for i in repeat.first():
                self.around[i] = (depth, label, new)

    @staticmethod
    def _cluster_of(part: Part) -> tuple[str, ...]:
        return part.scope[:-1] if part.whole else part.scope

    def _links(self, edge: Edge) -> Iterator[Link]:
        tail = self.ids[self.home[edge.tail][0]]
        head = self.ids[self.home[edge.head][0]]
        if self.direction != "backward" or edge.rule is None:
            tip = f"{self.graph.id[edge.x]} {shape_text(edge.x.shape)}"
            yield Link(tail, head, "forward", tooltip=tip)
        if edge.rule is None:
            return
        exits = self.exits[edge.head]
        role = self.labels.role(edge.x, exits[-1] if exits else edge.x)
        lines = self.labels.edge(edge.rule, role)
        link = Link(tail, head, "backward", role, lines)
        link.expression = edge.rule.expression
        assert self.sweep is not None
        gradient = self.sweep.gradient.get(edge.x)
        if gradient is not None and gradient in self.labels.values:
            link.marks = self.labels.marks(self.labels.values[gradient])
        yield link


def _straighten(scene: Scene) -> None:
    """Let a chain run straight: blocks that have one block before and one behind.

    Not inside clusters: there Graphviz would lay the backward edge over the forward.
    """
    leaves = {
        b.id for b in scene.blocks if b.kind in ("input", "parameter", "constant")
    }
    inner = [
        link for link in scene.links
        if link.kind == "forward" and link.tail not in leaves
    ]  # fmt: skip
    clustered = {block.id for block in scene.blocks if block.cluster}
    behind = Counter(link.tail for link in inner)
    before = Counter(link.head for link in inner)
    for link in inner:
        alone = behind[link.tail] == 1 and before[link.head] == 1
        link.straight = alone and not {link.tail, link.head} & clustered


def _common(paths: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Return what all paths begin with."""
    levels = itertools.takewhile(
        lambda names: len(set(names)) == 1, zip(*paths, strict=False)
    )
    return tuple(names[0] for names in levels)


LEGEND: dict[Role, str] = {
    "loss": "out of the loss: ∂J/∂ŷ",
    "between": "in between: ∂ŷ/∂z",
    "parameter": "into a parameter: ∂z/∂w",
    "data": "into an input",
}
