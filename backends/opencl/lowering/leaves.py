"""Leaves: where the inputs, parameters and constants of a program lie."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass

from chainrule.backends.opencl.source.layout import Floats, View, new_view_for
from chainrule.graph import topological
from chainrule.node import Constant, Input, Node, Parameter
from chainrule.program import Phase
from chainrule.program.passes.specialise import BoundInput


@dataclass(frozen=True)
class Leaves:
    """The leaves of a program that kernels read or write in memory.

    Attributes:
        inputs: the inputs of the program as it was built.
        parameters: those that are read or assigned.
        constants: arrays; single numbers are literals in the kernels.
    """

    inputs: Mapping[Input, View]
    parameters: Mapping[Parameter, View]
    constants: Mapping[Constant, View]

    def view(self, node: Node) -> View | None:
        """Return where a leaf lies; None for a number, and for any other node."""
        if isinstance(node, Parameter):
            return self.parameters.get(node)
        if isinstance(node, Input):
            return self.inputs.get(_source(node))
        return self.constants.get(node) if isinstance(node, Constant) else None


def find_leaves(
    phases: Sequence[Phase],
    floats: Floats,
    numbers: Container[Node],
    parameter_view: Callable[[Parameter], View],
) -> Leaves:
    """Return where the leaves of a program lie, except the host numbers.

    Raises:
        BackendError: a parameter cannot lie on the device.
    """
    inputs: dict[Input, View] = {}
    parameters: dict[Parameter, View] = {}
    constants: dict[Constant, View] = {}
    targets = [target for phase in phases for target, _ in phase.assigns]
    roots = [root for phase in phases for root in phase.roots]
    for node in (*topological(roots), *targets):
        if node in numbers:
            continue
        if isinstance(node, Parameter) and node not in parameters:
            parameters[node] = parameter_view(node)
        elif isinstance(node, Input) and _source(node) not in inputs:
            inputs[_source(node)] = new_view_for(node, floats, persistent=True)
        elif isinstance(node, Constant) and node.value.size != 1:
            constants[node] = new_view_for(node, floats, persistent=True)
    return Leaves(inputs, parameters, constants)


def _source(node: Input) -> Input:
    return node.source if isinstance(node, BoundInput) else node
