"""Host numbers: those that depend on learning rate and step alone.

Adam's 1 − β₂ᵗ needs float64, which a device may not have, and it is one number a step.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.backends.opencl.source.layout import Floats, View, new_view
from chainrule.graph import topological
from chainrule.node import Constant, Node
from chainrule.program import LEARNING_RATE, STEP, Phase
from chainrule.program.scalars import OF_NUMBERS
from chainrule.program.storage import readers

_FUNCTIONS = {**vars(np), "to_float": np.float64}
EXPRESSIONS = {
    op: text
    for op, text in OF_NUMBERS.items()
    if all(name in _FUNCTIONS for name in re.findall(r"(\w+)\(", text))
}
"""The ops that the host computes, as Python over numbers of type `numpy.float64`."""


@dataclass(frozen=True)
class HostNumbers:
    """The numbers of a program that the host computes.

    Attributes:
        nodes: all of them.
        offsets: those that kernels or results need, and where they are in the vector.
        vector: where kernels find them.
        compute: returns the vector, from learning rate and step.
    """

    nodes: Set[Node]
    offsets: Mapping[Node, int]
    vector: View
    compute: Callable[[float, float], list[float]]

    def view(self, node: Node) -> View | None:
        """Return where kernels find a number, or None for any other node."""
        if node not in self.offsets:
            return None
        vector = self.vector
        return View(
            slot=vector.slot,
            ctype=vector.ctype,
            shape=(),
            strides=(),
            offset=self.offsets[node],
        )


def find_host_numbers(phases: Sequence[Phase], floats: Floats) -> HostNumbers:
    """Find the numbers that a host can compute for all phases of a program."""
    roots = {root: None for phase in phases for root in phase.roots}
    nodes = topological(roots)
    numbers: dict[Node, None] = {}
    for node in nodes:
        if node is LEARNING_RATE or node is STEP or _is_computable(node, numbers):
            numbers[node] = None
    read_by = readers(nodes)
    needed = [
        node
        for node in numbers
        if node in roots or any(reader not in numbers for reader in read_by[node])
    ]
    return HostNumbers(
        nodes=numbers.keys(),
        offsets={node: offset for offset, node in enumerate(needed)},
        vector=new_view(floats, (len(needed),), persistent=True),
        compute=_function(numbers, needed),
    )


def _is_computable(node: Node, numbers: Mapping[Node, None]) -> bool:
    """Return whether a node is arithmetic of numbers and constants."""
    return (
        node.shape == ()
        and type(node.op) in EXPRESSIONS
        and any(x in numbers for x in node.inputs)
        and all(
            x in numbers or (isinstance(x, Constant) and x.shape == ())
            for x in node.inputs
        )
    )


def _function(
    numbers: Iterable[Node], needed: Iterable[Node]
) -> Callable[[float, float], list[float]]:
    """Generate the function that computes the numbers that are needed."""
    names: dict[Node, str] = {LEARNING_RATE: "lr", STEP: "step"}
    namespace: dict[str, Any] = dict(_FUNCTIONS)
    lines = ["def numbers(lr, step):"]
    for node in numbers:
        if node.op is None:
            continue
        for x in node.inputs:
            if isinstance(x, Constant) and x not in names:
                names[x] = f"constant_{len(names)}"
                namespace[names[x]] = np.float64(x.value.item())
        text = EXPRESSIONS[type(node.op)].format(*(names[x] for x in node.inputs))
        names[node] = f"number_{len(names)}"
        lines.append(f"    {names[node]} = {text}")
    lines.append(f"    return [{', '.join(names[node] for node in needed)}]")
    exec("\n".join(lines), namespace)
    made: Callable[[float, float], list[float]] = namespace["numbers"]
    return made
