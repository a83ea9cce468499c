"""What a page shows on request: full values, explanations, the optimizer's update."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.errors import ChainRuleError
from chainrule.kinds.optimizer import Optimizer
from chainrule.node import Input, Node, Parameter, constant
from chainrule.notation.writer import number
from chainrule.ops import concatenate, reshape
from chainrule.registry import registry
from chainrule.shapes import shape_text
from chainrule.substitution import substitute
from chainrule.viz.explain import explain
from chainrule.viz.formats.story import Extras
from chainrule.viz.graph.compose import Composer
from chainrule.viz.text import Formula
from chainrule.viz.values import norm, trace

MOST_NUMBERS = 64
"""Numbers of one value that a page holds; of larger ones the first, and the norm."""
MOST_EXPLAINED = 24
"""Parameters that a page explains."""


def extras_of(
    composer: Composer, identities: Mapping[Node, str], optimizer: object
) -> Extras:
    """Gather what a page shows beyond the picture.

    Args:
        composer: what drew it, with the values.
        identities: parameter or other node → the block it is in.
        optimizer: a name, a config or an object.
    """
    values, sweep = composer.labels.values, composer.sweep
    details: dict[str, list[dict[str, Any]]] = {}
    for node, identity in identities.items():
        symbol = composer.labels.naming.symbol(node)
        if symbol is None:
            continue
        detail = {"name": symbol.unicode(), "shape": shape_text(node.shape)}
        if node in values:
            detail["value"] = listed(values[node])
        gradient = sweep.gradient.get(node) if sweep else None
        if gradient is not None and gradient in values:
            detail["gradient"] = listed(values[gradient])
        details.setdefault(identity, []).append(detail)
    if sweep is None or composer.feeds is None:
        return Extras(details)
    parameters = [
        node for node in identities
        if isinstance(node, Parameter) and sweep.gradient.get(node) is not None
    ]  # fmt: skip
    why: dict[str, str] = {}
    for node in parameters[:MOST_EXPLAINED]:
        text = _explained(composer, node)
        if text:
            identity = identities[node]
            why[identity] = f"{why[identity]}\n\n{text}" if identity in why else text
    updates = _updates(composer, parameters, identities, optimizer)
    return Extras(details, why, updates)


def listed(array: npt.NDArray[Any]) -> str:
    """Write a value in full, or its beginning and its norm."""
    flat = array.reshape(-1)
    text = ", ".join(number(float(v)) for v in flat[:MOST_NUMBERS])
    if flat.size <= MOST_NUMBERS:
        return text
    return f"{text}, … ({flat.size} numbers, ‖·‖ = {number(norm(array))})"


def _explained(composer: Composer, node: Parameter) -> str:
    """Explain the entry with the largest gradient; nothing where that is too large."""
    sweep = composer.sweep
    assert sweep is not None
    gradient = np.abs(composer.labels.values[sweep.gradient[node]])
    index = tuple(int(i) for i in np.unravel_index(np.argmax(gradient), gradient.shape))
    try:
        return explain(
            sweep.loss, node, index, values=composer.feeds, seed=composer.seed, top=3
        ).text
    except ChainRuleError:
        return ""


def _updates(
    composer: Composer,
    parameters: list[Parameter],
    identities: Mapping[Node, str],
    optimizer: object,
) -> dict[str, str]:
    """Tell what one step of the optimizer would do, all parameters taken together."""
    sweep = composer.sweep
    assert sweep is not None
    if not parameters:
        return {}
    rule: Optimizer = registry.resolve("optimizers", optimizer)
    p = concatenate([reshape(node, (-1,)) for node in parameters])
    g = concatenate([reshape(sweep.gradient[node], (-1,)) for node in parameters])
    size = sum(node.value.size for node in parameters)
    slots: dict[str, Node] = {
        name: constant(np.full(size, rule.slot_start(name))) for name in rule.slots
    }
    slots |= {name: constant(rule.slot_start(name)) for name in rule.scalar_slots}
    new = rule.new_values(p, g, constant(rule.lr), constant(1.0), slots)["p"]
    flat = trace([new], composer.feeds or {}, composer.seed)[new]
    told: dict[str, str] = {}
    at = 0
    for node in parameters:
        after = flat[at : at + node.value.size]
        at += node.value.size
        symbol = composer.labels.naming.symbol(node)
        name = symbol.unicode() if symbol else "?"
        before = node.value.reshape(-1)
        if node.value.size == 1:
            written = _rule(rule, node, sweep.gradient[node], composer)
            change = (
                f"{written}; {number(float(before[0]))} → {number(float(after[0]))}"
            )
        else:
            change = f"‖change‖ = {number(norm(after - before))}"
        text = f"{type(rule).__name__}(lr={rule.lr:g}): {name} {change}"
        identity = identities[node]
        told[identity] = f"{told[identity]}; {text}" if identity in told else text
    return told


def _rule(rule: Optimizer, node: Parameter, gradient: Node, composer: Composer) -> str:
    """Print one step as the optimizer's own graph computes it, ``← w − η · ∂J/∂w``.

    What a step leaves behind, such as a momentum m, is m'.
    """
    naming = composer.labels.naming
    clips = rule.clip_value is not None or rule.clip_norm is not None
    g: Node = Input("g", node.shape) if clips else gradient
    old = {s: Input(s, ()) for s in (*rule.slots, *rule.scalar_slots)}
    new = rule.update(node, g, Input("η", ()), Input("k", ()), **old)
    kept = {new[s]: Input(f"{s}'", ()) for s in old if s in new and new[s].inputs}

    def written(node: Node) -> str:
        others = {n: prime for n, prime in kept.items() if n is not node}
        (short,) = substitute([node], dict(others))
        return Formula(short, naming, depth=None, longest=120).unicode()

    told = [f"← {written(new['p'])}"]
    told += [f"{prime.name} = {written(n)}" for n, prime in kept.items()]
    if clips:
        told.append(f"g is {Formula(gradient, naming).unicode()}, clipped")
    return ", ".join(told)
