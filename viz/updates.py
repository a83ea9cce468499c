"""The optimizer's update of every parameter: in symbols, and what it changes."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from chainrule.autodiff import Backward
from chainrule.kinds.optimizer import Optimizer
from chainrule.node import Input, Node, Parameter
from chainrule.notation.naming import Naming
from chainrule.notation.numbers import number
from chainrule.notation.styles import Written
from chainrule.ops import reshape
from chainrule.program.flat import Pack
from chainrule.program.phase import Assignment
from chainrule.program.program import LEARNING_RATE, STEP
from chainrule.registry import registry
from chainrule.substitution import substitute
from chainrule.viz.graph.options import Options
from chainrule.viz.readings import Reading, reading
from chainrule.viz.text import Formula, row
from chainrule.viz.values import evaluated


@dataclass(frozen=True)
class Update:
    """One step of an optimizer, for all parameters together.

    Attributes:
        rule: the optimizer.
        new: parameter → its new value.
        slots: the optimizer's own vectors and numbers → their new values.
    """

    rule: Optimizer
    new: Mapping[Parameter, Node]
    slots: Mapping[Parameter, Node]

    @property
    def assigns(self) -> list[Assignment]:
        """All that the step changes."""
        return [*self.new.items(), *self.slots.items()]


def update_of(
    sweep: Backward, parameters: Sequence[Parameter], optimizer: object
) -> Update:
    """Build the graph of one step, for parameters with a gradient.

    Args:
        sweep: the gradients.
        parameters: what is learned.
        optimizer: a name, a config or an object.
    """
    rule: Optimizer = registry.resolve("optimizers", optimizer)
    p = Pack()(*parameters)
    g = Pack()(*(sweep.gradient[node] for node in parameters))
    slots = {s: Parameter(s, np.full(p.shape, rule.slot_start(s))) for s in rule.slots}
    slots |= {s: Parameter(s, rule.slot_start(s)) for s in rule.scalar_slots}
    new = rule.new_values(p, g, LEARNING_RATE, STEP, slots)
    ends = [0, *itertools.accumulate(node.value.size for node in parameters)]
    places = zip(parameters, itertools.pairwise(ends), strict=True)
    return Update(
        rule,
        {node: reshape(new["p"][a:b], node.value.shape) for node, (a, b) in places},
        {slots[name]: new[name] for name in slots},
    )


def told(
    update: Update, sweep: Backward, naming: Naming, options: Options
) -> dict[Parameter, Written]:
    """Tell what the step does to every parameter."""
    rule = update.rule
    change = {p: new if p.value.size == 1 else new - p for p, new in update.new.items()}
    values = evaluated(
        change.values(), options.values or {}, options.seed,
        training=options.training, lr=rule.lr,
    )  # fmt: skip
    rate = Reading(LEARNING_RATE, "number", number(rule.lr))
    texts: dict[Parameter, Written] = {}
    for node, changed in change.items():
        after = reading(changed, values[changed])
        if node.value.size == 1:
            written = _rule(rule, node, sweep.gradient[node], naming)
            text = row(f" {written}; ", reading(node, node.value), " → ", after)
        else:
            whole = after.form == "vector"
            text = row(" change = " if whole else " ‖change‖ = ", after)
        name = naming.symbol(node) or "?"
        texts[node] = row(f"{type(rule).__name__}(lr=", rate, "): ", name, text)
    return texts


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

    texts = [f"← {written(new['p'])}"]
    texts += [f"{prime.name} = {written(n)}" for n, prime in primed.items()]
    if clips:
        texts.append(f"g is {Formula(gradient, naming).unicode()}, clipped")
    return ", ".join(texts)
