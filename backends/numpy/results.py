"""Results: the outputs, totals and parameters that a phase writes."""

from __future__ import annotations

import numpy as np

from chainrule.backends.numpy.memory import Array, is_same
from chainrule.backends.numpy.script import label
from chainrule.backends.numpy.storage import Storage


def keep_outputs(storage: Storage) -> list[Array | None]:
    """Return the array of each output; None for a number, put into ``results``."""
    script = storage.script
    outputs: list[Array | None] = []
    for i, node in enumerate(storage.phase.outputs):
        if node.shape == () and node not in storage.array:
            script.line(f"results[{i}] = {storage.number_of(node)}")
            outputs.append(None)
            continue
        array = storage.array[node]
        if storage.live.home[node].op is None:
            leaf = script.name(array, "view")
            array = np.empty(array.shape, array.dtype)
            script.line(f"copyto({script.name(array, 'output')}, {leaf})")
        outputs.append(array)
    return outputs


def add_totals(storage: Storage) -> None:
    """Add the phase's totals to those of earlier runs."""
    for i, node in enumerate(storage.phase.totals):
        value = storage.operand(node) if node.ndim else storage.number_of(node)
        storage.script.line(f"totals[{i}] += {value}")


def assign(storage: Storage) -> None:
    """Copy new values to the parameters where they were not computed there."""
    script, memory = storage.script, storage.memory
    for target, node in storage.phase.assigns:
        home = memory.home(target)
        placed = storage.destinations.array.get(node)
        if placed is None or not is_same(placed, home):
            number = storage.number.get(node) if node.shape == () else None
            value = number or storage.operand(node)
            script.line(f"copyto({script.name(home, label(target))}, {value})")
        if home is not target.value:
            source = script.name(home, label(target))
            value = script.name(target.value, f"{label(target)}_home")
            script.line(f"copyto({value}, {source}, 'same_kind')")
