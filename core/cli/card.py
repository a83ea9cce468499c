"""A component as a card: what it is, its formula, derivative and hyperparameters."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np

from chainrule.annotations import words_for
from chainrule.autodiff import grad
from chainrule.component import Component, field_types, fields_of, required_fields
from chainrule.errors import ChainRuleError
from chainrule.node import Input, Node
from chainrule.notation.expressions import expression
from chainrule.ops import Elementwise, Op
from chainrule.registry.entry import Entry


def card(entry: Entry) -> dict[str, str]:
    """Return what there is to say about a component: heading → text."""
    said = {
        "what it is": inspect.getdoc(entry.target) or entry.summary,
        "kind": entry.kind,
        "from": f"{entry.distribution} {entry.version}".strip(),
        "module": entry.module,
        "full name": entry.qualified_name,
        "other names": ", ".join(entry.aliases),
        "overrides": "what is built in" if entry.overrides else "",
    }
    if isinstance(entry.target, type) and issubclass(entry.target, Component):
        said["hyperparameters"] = "\n".join(_hyperparameters(entry.target))
    return {head: text for head, text in (said | _mathematics(entry)).items() if text}


def _hyperparameters(cls: type[Component]) -> Iterator[str]:
    required, hints = required_fields(cls), field_types(cls)
    for field in fields_of(cls):
        given = "required" if field.name in required else f"default {field.default!r}"
        yield f"{field.name}: {words_for(hints[field.name])}, {given}"


def _mathematics(entry: Entry) -> dict[str, str]:
    """Return formula and derivative, printed from the graph; nothing if that fails."""
    try:
        return dict(_formulas(entry))
    except Exception as error:  # of a plugin; the rest of the card still stands
        own = isinstance(error, ChainRuleError)
        said = str(error) if own else f"{type(error).__name__}: {error}"
        return {"formula": f"cannot be printed: {said}"}


def _formulas(entry: Entry) -> Iterator[tuple[str, str]]:
    from chainrule.testing.samples import sample

    target: Any = entry.target
    kind = entry.kind
    if kind == "ops" and issubclass(target, Op):
        op, operands = sample(target, (2, 3), np.random.default_rng(0))
        names = op.operands or [f"x{i}" for i in range(len(operands))]
        leaves = [
            Input(name, np.shape(value))
            for name, value in zip(names, operands, strict=True)
        ]
        y = op(*leaves)
        yield "formula", f"y = {expression(y)}"
        if isinstance(op, Elementwise):
            for leaf, slope in zip(leaves, op.derivatives(y, *leaves), strict=True):
                text = expression(slope) if isinstance(slope, Node) else f"{slope or 0}"
                yield f"∂y/∂{leaf.name}", text
    elif kind == "activations":
        yield from _of_activation(_example(target))
    elif kind == "losses":
        loss, p = _example(target), Input("p", (None, 3))
        labels = loss.target != "same"
        t = Input("t", (None,) if labels else (None, 3), loss.target_dtype)
        yield from _function("L", loss.per_example(t, p), p)
    elif kind == "optimizers":
        rule = _example(target)
        p, g = Input("p", (3,)), Input("g", (3,))
        slots = {name: Input(name, (3,)) for name in rule.slots}
        slots |= {name: Input(name, ()) for name in rule.scalar_slots}
        new = rule.new_values(p, g, Input("lr", ()), Input("step", ()), slots)
        for name, node in new.items():
            yield f"new {name}", expression(node)


def _of_activation(activation: Any) -> Iterator[tuple[str, str]]:
    x = Input("x", ())
    try:
        y = activation(x)
    except ChainRuleError:  # it acts along an axis, or has a parameter for each feature
        x = Input("x", (3,))
        y = activation(x)
    yield from _function("y", y, x)


def _example(cls: type[Component]) -> Any:
    from chainrule.testing import example

    return example(cls)


def _function(name: str, y: Node, x: Node) -> Iterator[tuple[str, str]]:
    yield "formula", f"{name} = {expression(y)}"
    total = y if y.shape == () else y.sum()
    (slope,) = grad(total, [x])
    yield f"∂{name}/∂{x.name}", expression(slope)
