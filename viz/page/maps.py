"""Maps beside the picture: the loss over its parameters, a decision over two inputs."""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.graph import dependents
from chainrule.kinds.loss import Loss
from chainrule.node import Input, Node
from chainrule.viz.graph.subject import Subject
from chainrule.viz.scene import Number


@dataclass(frozen=True)
class Plane:
    """The plane of a network's two inputs.

    Attributes:
        axes: the first example's two numbers.
        output: what the network predicts, one row for each example.
        target: what it should, if that is an input.
        threshold: the prediction at which the decision changes; None: halfway between
            the smallest and the largest target.
    """

    axes: tuple[Number, Number]
    output: Node
    target: Node | None
    threshold: float | None


def plane_of(subject: Subject) -> Plane | None:
    """Find the plane of a network with two inputs, and one prediction of them."""
    loss = subject.loss
    if loss is None:
        return None
    order = subject.graph.order
    learned = dependents(subject.graph.parameters, order)
    used_by_loss = {
        x: None
        for node in order
        if node in subject.loss_nodes
        for x in node.inputs
        if x not in subject.loss_nodes
    }
    outputs = [n for n in used_by_loss if n.inputs and n in learned and n.ndim < 3]
    if len(outputs) != 1:
        return None
    (output,) = outputs
    seen = _below(output)
    axes = _axes([leaf for leaf in subject.graph.inputs if leaf in seen])
    if axes is None:
        return None
    targets = list(subject.targets)
    target = targets[0] if len(targets) == 1 else None
    return Plane(axes, output, target, _threshold(subject))


def _axes(inputs: list[Input]) -> tuple[Number, Number] | None:
    """Return the two numbers of the first example, if there are two."""
    if any(leaf.dtype != "float" for leaf in inputs):
        return None
    match [leaf.shape for leaf in inputs]:
        case [(), ()]:
            first, second = inputs
            return (first, 0), (second, 0)
        case [(2,)] | [(_, 2)]:
            return (inputs[0], 0), (inputs[0], 1)
    return None


def _below(node: Node) -> set[Node]:
    """Return what a node is computed from."""
    found: set[Node] = set()
    waiting = [node]
    while waiting:
        for x in waiting.pop().inputs:
            if x not in found:
                found.add(x)
                waiting.append(x)
    return found


def _threshold(subject: Subject) -> float | None:
    """Return where a prediction changes from no to yes, if the loss says so."""
    losses = {
        scope.component
        for node in subject.loss_nodes
        for scope in node.scope
        if isinstance(scope.component, Loss)
    }
    if len(losses) != 1:
        return None
    (loss,) = losses
    if loss.applies is not None:
        return 0.0
    return 0.5 if loss.prediction_range == (0.0, 1.0) else None
