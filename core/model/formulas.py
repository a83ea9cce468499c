"""Formulas as hashes, by which a file can tell that a component computes otherwise."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.calls import calls
from chainrule.errors import ChainRuleError
from chainrule.graph import topological
from chainrule.kinds.loss import Loss
from chainrule.kinds.metric import Metric
from chainrule.kinds.optimizer import Optimizer
from chainrule.kinds.regularizer import Batch, Regularizer
from chainrule.model.insides import inside_of
from chainrule.node import Constant, Input, Node, Parameter
from chainrule.ops import mean, square
from chainrule.ops.random import UnnamedStream
from chainrule.shapes import Shape


def hash_of_call(result: Node) -> str:
    """Return the hash of what a layer computes from its operands in one call."""
    return _hash([*inside_of(result), result], calls[result].inputs)


def hash_of(component: object) -> str:
    """Return the hash of what training computes with a component; empty if nothing."""
    try:
        outputs, leaves = _applied(component)
    except ChainRuleError:  # it takes other shapes than these
        return ""
    return _hash(topological(outputs), leaves) if outputs else ""


def _applied(component: object) -> tuple[list[Node], Sequence[Node]]:
    """Apply a component to inputs; return what comes out, and the inputs."""
    if isinstance(component, Loss):
        p = Input("p", (None, 3))
        labels = component.target != "same"
        shape = (None,) if labels else (None, 3)
        t = Input("t", shape, component.target_dtype)
        return [component.per_example(t, p)], (t, p)
    if isinstance(component, Metric):
        t, p = Input("t", (None, 3)), Input("p", (None, 3))
        return [n for n in component.totals(t, p) if isinstance(n, Node)], (t, p)
    if isinstance(component, Optimizer):
        vector, leaves = _updated(component, (3,))
        if not component.per_parameter:
            return vector, leaves
        matrix, others = _updated(component, (3, 2))
        return [*vector, *matrix], [*leaves, *others]
    if isinstance(component, Regularizer):
        w = Parameter("w", np.ones((3, 2), np.float32))
        x = Input("x", (3, 2))
        made = [component.penalty(w), component.constrain(x)]
        made.append(component.transform(x, "hash"))
        t, y = Input("t", (3, 2)), x @ Constant(np.ones((2, 2)))
        batch = Batch((x,), (t,), (y,), mean(square(y - t)))
        made.append(component.batch_penalty(batch))
        c = Input("c", (3,), "int")
        made += [component.transform_target(leaf, "hash") for leaf in (t, c)]
        return [node for node in made if node is not None], (w, x, t, c)
    return [], ()


def _updated(optimizer: Optimizer, shape: Shape) -> tuple[list[Node], list[Node]]:
    """Apply an optimizer to inputs for parameters of a shape."""
    shapes = dict.fromkeys(["p", "g", *optimizer.slots], shape)
    shapes |= dict.fromkeys([*optimizer.scalar_slots, "lr", "step"], ())
    leaves: dict[str, Node] = {name: Input(name, each) for name, each in shapes.items()}
    slots = {n: leaves[n] for n in (*optimizer.slots, *optimizer.scalar_slots)}
    p, g, lr, step = (leaves[name] for name in ("p", "g", "lr", "step"))
    new = optimizer.new_values(p, g, lr, step, slots)
    return list(new.values()), list(leaves.values())


def _hash(order: Iterable[Node], leaves: Sequence[Node]) -> str:
    """Return the hash of nodes, operands first; only names are left out."""
    at: dict[Node, str] = {leaf: f"leaf {i}" for i, leaf in enumerate(leaves)}
    found = hashlib.sha256()
    for node in order:
        if node not in at:
            line = _line(node, at)
            found.update(line.encode())
            at[node] = str(len(at))
    return found.hexdigest()[:16]


def _line(node: Node, at: Mapping[Node, str]) -> str:
    if isinstance(node, Constant):
        return f"constant {node.value.tolist()!r}\n"
    if node.op is None:
        return f"{type(node).__name__} {node.shape} {node.dtype}\n"
    fields = {
        field.name: _plain(getattr(node.op, field.name))
        for field in dataclasses.fields(node.op)  # type: ignore[arg-type]
    }
    operands = ", ".join(at.get(x, "outside") for x in node.inputs)
    return f"{node.op.type_name} {fields} ({operands}) {node.shape} {node.dtype}\n"


def _plain(value: Any) -> str:
    return "unnamed" if isinstance(value, UnnamedStream) else repr(value)
