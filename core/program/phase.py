"""Phases: nodes that are computed together, and the stages of their lowering."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from chainrule.graph import Graph, topological
from chainrule.node import Node, Parameter

Assignment: TypeAlias = tuple[Parameter, Node]
"""A parameter, and its new value."""


@dataclass(frozen=True)
class Phase:
    """Nodes that are computed together: all from the old values, then assigned."""

    outputs: tuple[Node, ...] = ()
    totals: tuple[Node, ...] = ()
    assigns: tuple[Assignment, ...] = ()

    @property
    def roots(self) -> list[Node]:
        """Everything that the phase computes."""
        return [*self.outputs, *self.totals, *(node for _, node in self.assigns)]

    def with_roots(self, roots: Sequence[Node]) -> Phase:
        """Return the phase with other nodes in the same places."""
        n, m = len(self.outputs), len(self.outputs) + len(self.totals)
        targets = [target for target, _ in self.assigns]
        assigns = zip(targets, roots[m:], strict=True)
        return Phase(tuple(roots[:n]), tuple(roots[n:m]), tuple(assigns))


@dataclass(frozen=True)
class Stage:
    """The phases after one pass, to be counted or drawn."""

    name: str
    phases: tuple[Phase, ...]

    @property
    def roots(self) -> list[Node]:
        """Everything that the phases compute."""
        return [root for phase in self.phases for root in phase.roots]

    @property
    def graph(self) -> Graph:
        """The graph of all phases."""
        return Graph(self.roots)

    def __len__(self) -> int:
        """Count the operations, phase by phase."""
        return sum(
            sum(node.op is not None for node in topological(phase.roots))
            for phase in self.phases
        )
