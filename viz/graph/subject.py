"""The subject of a drawing: a graph, its loss and its gradients."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from chainrule.autodiff import Backward, backward
from chainrule.errors import GraphError, shown
from chainrule.graph import Graph
from chainrule.kinds.loss import Loss
from chainrule.node import Node, Parameter
from chainrule.ops import AlsoUpdate
from chainrule.viz.graph.options import Level, Options


@dataclass(frozen=True)
class Subject:
    """A graph that is drawn.

    Attributes:
        graph: what is drawn.
        finest: the level that shows most of it without being asked for.
        loss: its only output, if that is a number that depends on something.
        sweep: the reverse sweep from the loss; None for a forward diagram, and where
            there is nothing to differentiate.
        remark: why there is no sweep, although backward edges were asked for.
        given: the nodes that the user has named.
    """

    graph: Graph
    finest: Level
    loss: Node | None
    sweep: Backward | None = None
    remark: str = ""
    given: frozenset[Node] = frozenset()

    @functools.cached_property
    def averages(self) -> frozenset[Node]:
        """The parameters that are updated without a gradient, unless frozen."""
        return frozenset(
            node.inputs[1]
            for node in self.graph.order
            if isinstance(node.op, AlsoUpdate)
            and not (isinstance(node.inputs[1], Parameter) and node.inputs[1].frozen)
        )

    @functools.cached_property
    def loss_nodes(self) -> frozenset[Node]:
        """The nodes of the loss: its scope, and unnamed nodes that only it uses."""
        consumers = self.graph.consumers()
        found = {node for node in self.graph.outputs if node.shape == ()}
        for node in reversed(self.graph.order):
            inside = any(isinstance(scope.component, Loss) for scope in node.scope)
            private = (
                not node.name
                and node not in self.given
                and all(scope.component is None for scope in node.scope)
                and bool(consumers[node])
                and all(user in found for user in consumers[node])
                and not any(_is_weight(x) for x in node.inputs)
            )
            if node.inputs and (inside or private):
                found.add(node)
        return frozenset(found)

    @functools.cached_property
    def targets(self) -> frozenset[Node]:
        """The inputs that only the loss reads: what should be predicted."""
        consumers = self.graph.consumers()
        return frozenset(
            leaf
            for leaf in self.graph.inputs
            if consumers[leaf] and self.loss_nodes.issuperset(consumers[leaf])
        )


def subject_of(what: Any, options: Options) -> Subject:
    """Return the graph of a node, of several or of a model, differentiated if asked.

    Raises:
        GraphError: `what` is something else.
    """
    graph = Graph(_outputs(what), options.names)
    finest: Level = "op" if isinstance(what, (Node, Sequence)) else "layer"
    loss = _loss(graph)
    subject = Subject(graph, finest, loss, given=_given(graph, options))
    if options.direction == "forward":
        return subject
    if loss is None:
        remark = "no gradient yet: give one loss (a scalar) to draw backward"
        return replace(subject, remark=remark)
    wrt: list[Node] = [p for p in graph.parameters if p.trainable]
    if not wrt:
        wrt = [x for x in graph.inputs if x.dtype == "float"]
    sweep = backward(loss, wrt)
    if not any(node in sweep.gradient for node in wrt):
        remark = "no gradient yet: the loss depends on nothing that can be learned"
        return replace(subject, remark=remark)
    return replace(subject, sweep=sweep)


def _given(graph: Graph, options: Options) -> frozenset[Node]:
    """Find the nodes that the user has named, not a layer."""
    named = {node for node in (options.names or {}).values() if isinstance(node, Node)}
    return frozenset(
        node
        for node in graph
        if node in named
        or (node.name and all(scope.component is None for scope in node.scope))
    )


def _is_weight(node: Node) -> bool:
    while node.op is not None and node.op.view:
        node = node.inputs[0]
    return isinstance(node, Parameter)


def _outputs(what: Any) -> list[Node]:
    if isinstance(what, Node):
        return [what]
    outputs = getattr(what, "outputs", what)
    if isinstance(outputs, Node):
        return [outputs]
    several = isinstance(outputs, Sequence) and bool(outputs)
    if several and all(isinstance(node, Node) for node in outputs):
        return list(outputs)
    raise GraphError(
        f"draw takes a node, several nodes or a built model, got {shown(what)}"
    )


def _loss(graph: Graph) -> Node | None:
    first, *others = graph.outputs
    number = first.shape == () and first.dtype == "float" and bool(first.inputs)
    return first if number and not others and first.origin is None else None
