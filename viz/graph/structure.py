"""The structure of a graph that is drawn as units: views, weighted sums and boxes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from chainrule.kinds.module import Module
from chainrule.node import Input, Node
from chainrule.ops import Add, Matmul
from chainrule.scopes import Scope
from chainrule.viz.graph.subject import Subject
from chainrule.viz.graph.vectors import (
    check_example,
    is_entrywise,
    is_mixing,
    is_rearranged,
    is_view,
    operands,
    refusal,
    weights_of,
    width,
)
from chainrule.viz.graph.weighted_sums import weighted_operand


@dataclass(frozen=True)
class Structure:
    """What depends on the inputs of a graph, without its loss.

    Attributes:
        training: whether dropout and its like are active.
        sources: node → its operands that depend on inputs; in the order of computation.
        base: node → what it is a view of, itself if it is none.
        users: node → what reads it or a view of it.
        ends: what the loss reads, or the outputs.
        read_by_loss: all that the loss reads, also what depends on no input.
        given: the nodes that the user has named.
        boxes: what mixes the units of a vector → all that is in the same module.
        sums: what adds up terms with weights.
        hidden: the terms of sums and the insides of boxes, which are no columns.
    """

    training: bool
    sources: Mapping[Node, tuple[Node, ...]]
    base: Mapping[Node, Node]
    users: Mapping[Node, AbstractSet[Node]]
    ends: AbstractSet[Node]
    read_by_loss: tuple[Node, ...]
    given: AbstractSet[Node]
    boxes: Mapping[Node, AbstractSet[Node]]
    sums: AbstractSet[Node]
    hidden: AbstractSet[Node]

    def before(self, node: Node) -> list[Node]:
        """Return what a node reads, without the views between."""
        return list(dict.fromkeys(self.base[x] for x in self.sources[node]))

    def inside(self, box: Node) -> list[Node]:
        """Return what a node is computed from in its box, in order, itself last."""
        needed = {box}
        for node in reversed(list(self.sources)):
            if node in needed:
                needed.update(x for x in self.sources[node] if x in self.boxes[box])
        return [node for node in self.sources if node in needed]


def structure_of(subject: Subject, training: bool) -> Structure:
    """Find what can be drawn as units, and how it hangs together.

    Raises:
        GraphError: one example depends on others of the batch, or an operation is not
            made of units.
    """
    sources, read = _live(subject, training)
    boxes = _boxes(sources)
    for node in sources:
        check_example(node, training)
        _check_units(node)
    base: dict[Node, Node] = {}
    for node, found in sources.items():
        base[node] = base[found[0]] if is_view(node) and node not in boxes else node
    users: dict[Node, set[Node]] = {node: set() for node in sources}
    for node, found in sources.items():
        for x in found if base[node] is node else ():
            users[base[x]].add(node)
    outputs = read or tuple(subject.graph.outputs)
    ends = {base[x] for x in outputs if x in sources}
    shown = ends | subject.given
    private = {node for node in users if len(users[node]) == 1 and node not in shown}
    sums, terms = _sums(sources, base, private, boxes)
    inner = {
        node
        for node, box in boxes.items()
        if users[node] and users[node] <= box and node not in shown
    }
    return Structure(
        training,
        sources,
        base,
        users,
        ends,
        read,
        subject.given,
        boxes,
        sums,
        terms | inner,
    )


def _live(
    subject: Subject, training: bool
) -> tuple[dict[Node, tuple[Node, ...]], tuple[Node, ...]]:
    """Find what depends on inputs, with what it reads; and what the loss reads."""
    loss_nodes = subject.loss_nodes if subject.loss is not None else frozenset()
    live: dict[Node, tuple[Node, ...]] = {}
    read: dict[Node, None] = {}
    for node in subject.graph:
        before = operands(node, training)
        found = tuple(x for x in dict.fromkeys(before) if x in live)
        if node in loss_nodes:
            read |= dict.fromkeys(x for x in before if x not in loss_nodes)
        elif found or isinstance(node, Input):
            live[node] = found
    needed = set(read or subject.graph.outputs)
    for node in reversed(live):
        if node in needed:
            needed.update(live[node])
    return {node: live[node] for node in live if node in needed}, tuple(read)


def _boxes(nodes: Iterable[Node]) -> dict[Node, AbstractSet[Node]]:
    """Find what mixes units: the outermost module that does it without weights."""
    members: dict[Scope, set[Node]] = {}
    for node in nodes:
        for scope in node.scope:
            if isinstance(scope.component, Module):
                members.setdefault(scope, set()).add(node)
    found: dict[Node, AbstractSet[Node]] = {}
    for inside in sorted(members.values(), key=len, reverse=True):
        mixes = any(is_mixing(node) for node in inside)
        weighs = any(map(_weighs, inside))
        if mixes and not weighs:
            found |= {node: inside for node in inside if node not in found}
    for node in nodes:
        if is_mixing(node) and not _weighs(node):
            found.setdefault(node, {node})
    return found


def _weighs(node: Node) -> bool:
    return isinstance(node.op, Matmul) or weighted_operand(node) is not None


def _check_units(node: Node) -> None:
    drawn = is_entrywise(node) or is_view(node) or is_rearranged(node)
    if node.op is not None and not (drawn or _weighs(node) or is_mixing(node)):
        raise refusal(node, "is not made of units")


def _sums(
    sources: Mapping[Node, tuple[Node, ...]],
    base: Mapping[Node, Node],
    private: AbstractSet[Node],
    boxes: Mapping[Node, object],
) -> tuple[set[Node], set[Node]]:
    """Find what adds up terms with weights, and the terms that stand for no units."""
    sums: set[Node] = set()
    hidden: set[Node] = set()
    for node, found in sources.items():
        if node in boxes:
            continue
        terms = {base[x] for x in found}
        weighted = weighted_operand(node)
        if isinstance(node.op, Matmul):
            sums.add(node)
        elif weighted is not None and weighted in private:
            sums.add(node)
            hidden.add(weighted)
        elif isinstance(node.op, Add) and terms <= private & sums:
            fixed = [x for x in node.inputs if x not in found]
            same = all(width(x) == width(node) for x in terms)
            if same and all(weights_of(x) is not None for x in fixed):
                sums.add(node)
                hidden |= terms
    return sums, hidden
