"""Leaves: where the inputs, parameters and constants of a program lie."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass

from chainrule import ops
from chainrule.backends.opencl.source.layout import (
    Floats,
    View,
    new_view,
    new_view_for,
)
from chainrule.graph import topological
from chainrule.node import Constant, Input, Node, Parameter
from chainrule.program import Phase
from chainrule.program.passes.specialise import BoundInput

LARGE = 1 << 15
"""Bytes of a batch from which its rows are read where they lie."""


@dataclass(frozen=True)
class Leaves:
    """The leaves of a program that kernels read or write in memory.

    Attributes:
        inputs: the inputs of the program as it was built.
        rows: those of them of which the device is told the rows: where the numbers of
            a batch's rows are, in the array that the view of the input is one batch of.
        parameters: those that are read or assigned.
        constants: arrays; single numbers are literals in the kernels.
    """

    inputs: Mapping[Input, View]
    rows: Mapping[Input, View]
    parameters: Mapping[Parameter, View]
    constants: Mapping[Constant, View]

    @property
    def sent(self) -> Mapping[Input, View]:
        """Where the host sends inputs: their values, or the numbers of their rows."""
        return {**self.inputs, **self.rows}

    def view(self, node: Node) -> View | None:
        """Return where a leaf lies; None for a number, and for any other node."""
        if isinstance(node, Parameter):
            return self.parameters.get(node)
        if isinstance(node, Input):
            return self.inputs.get(_source(node))
        return self.constants.get(node) if isinstance(node, Constant) else None

    def rows_of(self, node: Node) -> View | None:
        """Return where the numbers of an input's rows are; None for other nodes."""
        return self.rows.get(_source(node)) if isinstance(node, Input) else None


def find_leaves(
    phases: Sequence[Phase],
    floats: Floats,
    numbers: Container[Node],
    parameter_view: Callable[[Parameter], View],
    *,
    by_rows: bool,
) -> Leaves:
    """Return where the leaves of a program lie, except the host numbers.

    Args:
        phases: the phases of the program.
        floats: the C type of floats.
        numbers: the host numbers.
        parameter_view: returns where a parameter lies.
        by_rows: whether the device may be told the rows of large inputs.

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
    rows = {
        leaf: new_view("long", view.shape[:1], persistent=True)
        for leaf, view in inputs.items()
        if by_rows and view.nbytes >= LARGE and _is_read_by_rows(leaf, phases)
    }
    return Leaves(inputs, rows, parameters, constants)


def _is_read_by_rows(leaf: Input, phases: Sequence[Phase]) -> bool:
    """Return whether only products read an input, as the left one of two matrices.

    One with a single column does not tell its rows from its columns.
    """
    if leaf.ndim != 2 or leaf.shape[1] == 1:
        return False
    for phase in phases:
        nodes = topological(phase.roots)
        if any(isinstance(x, Input) and _source(x) is leaf for x in phase.roots):
            return False
        for node in nodes:
            for position, x in enumerate(node.inputs):
                if isinstance(x, Input) and _source(x) is leaf:
                    product = isinstance(node.op, ops.Matmul) and position == 0
                    matrices = all(operand.ndim == 2 for operand in node.inputs)
                    if not (product and matrices and x.dtype == "float"):
                        return False
    return True


def _source(node: Input) -> Input:
    return node.source if isinstance(node, BoundInput) else node
