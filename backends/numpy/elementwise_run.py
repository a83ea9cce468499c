"""Runs: elementwise nodes of one shape that are computed together, piece by piece."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from chainrule.backends.numpy.memory import sizes
from chainrule.node import Node

if TYPE_CHECKING:
    from chainrule.backends.numpy.generate import PhaseCode


class Run(ABC):
    """Base of the ways to compute a run."""

    def __init__(self, phase: PhaseCode, nodes: list[Node]) -> None:
        self.phase = phase
        self.nodes = nodes
        self.shape = sizes(nodes[0])
        self.local: dict[Node, str] = {}
        """The name that a node has inside the loop."""

    @abstractmethod
    def generate(self) -> None:
        """Emit the code that computes all nodes."""

    def is_stored(self, node: Node) -> bool:
        """Whether a result is read after the run."""
        schedule = self.phase.schedule
        kept = schedule.last_use[node] == len(schedule.order)
        outside = any(reader not in self.nodes for reader in schedule.reads[node])
        return kept or outside

    def release(self) -> None:
        """Give the buffers back that no later step reads."""
        for node in self.nodes:
            self.phase.release(self.phase.schedule.index[node])
