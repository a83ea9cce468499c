"""The optimizer's update of every parameter: in symbols, and what it changes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chainrule.autodiff import Backward
from chainrule.kinds.optimizer import Optimizer
from chainrule.node import Input, Node, Parameter, constant
from chainrule.notation.naming import Naming
from chainrule.notation.numbers import number
from chainrule.ops import concatenate, reshape
from chainrule.registry import registry
from chainrule.substitution import substitute
from chainrule.viz.graph.compose import Drawing
from chainrule.viz.text import Formula
from chainrule.viz.values import evaluated, norm


def updates_of(
    drawing: Drawing,
    sweep: Backward,
    parameters: Sequence[Parameter],
    optimizer: object,
) -> dict[Parameter, str]:
    """Tell what one step of the optimizer would do, all parameters taken together."""
    if not parameters:
        return {}
    rule: Optimizer = registry.resolve("optimizers", optimizer)
    after = _after_one_step(drawing, sweep, parameters, rule)
    told: dict[Parameter, str] = {}
    at = 0
    for node in parameters:
        before, new = node.value.reshape(-1), after[at : at + node.value.size]
        at += node.value.size
        symbol = drawing.naming.symbol(node)
        name = symbol.unicode() if symbol else "?"
        if node.value.size == 1:
            written = _rule(rule, node, sweep.gradient[node], drawing.naming)
            values = f"{number(float(before[0]))} → {number(float(new[0]))}"
            change = f"{written}; {values}"
        else:
            change = f"‖change‖ = {number(norm(new - before))}"
        told[node] = f"{type(rule).__name__}(lr={rule.lr:g}): {name} {change}"
    return told


def _after_one_step(
    drawing: Drawing, sweep: Backward, parameters: Sequence[Parameter], rule: Optimizer
) -> np.ndarray:
    """Return the new values of all parameters, one behind another."""
    p = concatenate([reshape(node, (-1,)) for node in parameters])
    g = concatenate([reshape(sweep.gradient[node], (-1,)) for node in parameters])
    size = sum(node.value.size for node in parameters)
    slots: dict[str, Node] = {
        name: constant(np.full(size, rule.slot_start(name))) for name in rule.slots
    }
    slots |= {name: constant(rule.slot_start(name)) for name in rule.scalar_slots}
    new = rule.new_values(p, g, constant(rule.lr), constant(1.0), slots)["p"]
    options = drawing.options
    return evaluated([new], options.values or {}, options.seed)[new]


def _rule(rule: Optimizer, node: Parameter, gradient: Node, naming: Naming) -> str:
    """Print one step as the optimizer's own graph computes it, ``← w − η · ∂J/∂w``.

    What a step leaves behind, such as a momentum m, is m'.
    """
    clips = rule.clip_value is not None or rule.clip_norm is not None
    g: Node = Input("g", node.shape) if clips else gradient
    old = {s: Input(s, ()) for s in (*rule.slots, *rule.scalar_slots)}
    new = rule.update(node, g, Input("η", ()), Input("k", ()), **old)
    primed = {new[s]: Input(f"{s}'", ()) for s in old if s in new and new[s].inputs}

    def written(node: Node) -> str:
        others = {n: prime for n, prime in primed.items() if n is not node}
        (short,) = substitute([node], dict(others))
        return Formula(short, naming, depth=None, longest=120).unicode()

    told = [f"← {written(new['p'])}"]
    told += [f"{prime.name} = {written(n)}" for n, prime in primed.items()]
    if clips:
        told.append(f"g is {Formula(gradient, naming).unicode()}, clipped")
    return ", ".join(told)
