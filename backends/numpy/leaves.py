"""Leaves: the arrays that inputs, parameters and constants are read from in a phase."""

from __future__ import annotations

import numpy as np

from chainrule.backends.numpy.memory import Array, Memory
from chainrule.backends.numpy.script import Script, label
from chainrule.node import Constant, Input, Node, Parameter
from chainrule.program import LEARNING_RATE, STEP, Phase
from chainrule.program.passes.specialise import BoundInput
from chainrule.program.sizes import sizes
from chainrule.program.storage import Liveness

NUMBERS_OF_A_RUN = {LEARNING_RATE: "lr", STEP: "step"}
"""Inputs that are arguments of the generated function, and the names of these."""


def read_leaves(
    phase: Phase, live: Liveness, memory: Memory, script: Script
) -> dict[Node, Array]:
    """Return the array of each leaf; add the copies that this takes to the script."""
    return {
        node: _array(node, phase, live, memory, script)
        for node in live.home
        if node.op is None and node not in NUMBERS_OF_A_RUN
    }


def _array(
    node: Node, phase: Phase, live: Liveness, memory: Memory, script: Script
) -> Array:
    if isinstance(node, Parameter):
        return _parameter(node, phase, live, memory, script)
    if isinstance(node, Input):
        leaf = node.source if isinstance(node, BoundInput) else node
        array = memory.input(leaf, sizes(node))
        script.name(array, label(leaf))
        return array
    assert isinstance(node, Constant)
    return node.value.astype(memory.dtype(node.dtype))


def _parameter(
    node: Parameter, phase: Phase, live: Liveness, memory: Memory, script: Script
) -> Array:
    array = memory.parameter(node)
    name = script.name(array, label(node))
    if array is not node.value and live.readers[node]:
        value = script.name(node.value, f"{label(node)}_home")
        script.line(f"copyto({name}, {value})")
    if not _is_wanted_old_and_new(node, phase, live):
        return array
    old = np.empty_like(array)
    script.line(f"copyto({script.name(old, f'{name}_old')}, {name})")
    return old


def _is_wanted_old_and_new(node: Parameter, phase: Phase, live: Liveness) -> bool:
    """Whether a parameter is assigned while its old value itself is a result."""
    is_target = any(target is node for target, _ in phase.assigns)
    return is_target and any(live.home[root] is node for root in phase.roots)
