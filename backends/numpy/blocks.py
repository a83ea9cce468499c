"""Blocks: large elementwise runs are computed piece by piece, so they stay in cache."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from chainrule.backends.numpy.elementwise_run import Run
from chainrule.backends.numpy.memory import op_class, sizes, width
from chainrule.node import Node

if TYPE_CHECKING:
    from chainrule.backends.numpy.generate import PhaseCode

BLOCK = 1 << 16
"""Elements in a block: what a few arrays of fit into a core's second-level cache."""
BLOCKED_FROM = 1 << 19
"""Elements from which a run of elementwise ops is computed block by block."""


def is_large(node: Node) -> bool:
    """Whether a node is worth computing block by block."""
    return math.prod(sizes(node)) >= BLOCKED_FROM


class BlockedRun(Run):
    """A loop over blocks of rows, with every op of a run in its body.

    Results that are read outside the run get their buffers; all others get temporaries
    of one block's size.
    """

    def __init__(self, phase: PhaseCode, nodes: list[Node]) -> None:
        super().__init__(phase, nodes)
        self.rows = self.shape[0]
        self.step = max(1, BLOCK * self.rows // math.prod(self.shape))
        self.sliced: dict[str, npt.NDArray[Any]] = {}
        self.temporary: dict[str, npt.NDArray[Any]] = {}
        self.spare: list[str] = []

    def generate(self) -> None:
        """Emit the loop."""
        phase, code = self.phase, self.phase.code
        body: list[tuple[str, Node]] = []
        for node in self.nodes:
            operands = [self._operand(x, node) for x in node.inputs]
            out = self._result(node)
            kernel = code.kernels[op_class(node)]
            body.append((phase.kernel_line(node, kernel, out, operands), node))
            self._recycle(node)
        names = [*self.sliced, *self.temporary]
        blocks = code.name(self._blocks(), "blocks")
        code.line(f"for {', '.join(names)}, in {blocks}:")
        for text, node in body:
            code.line(f"    {text}", node)
        self.release()

    def _blocks(self) -> list[tuple[npt.NDArray[Any], ...]]:
        spans = [
            (low, min(low + self.step, self.rows))
            for low in range(0, self.rows, self.step)
        ]
        return [
            (
                *(array[low:high] for array in self.sliced.values()),
                *(array[: high - low] for array in self.temporary.values()),
            )
            for low, high in spans
        ]

    def _operand(self, x: Node, reader: Node) -> str:
        if x in self.local:
            return self.local[x]
        whole = x.ndim == reader.ndim and x.shape[0] == reader.shape[0] != 1
        return self._slice(x) if whole else self.phase.operand(x)

    def _slice(self, node: Node) -> str:
        name = self.phase.code.fresh("b")
        self.sliced[name] = self.phase.array[node]
        self.local[node] = name
        return name

    def _result(self, node: Node) -> str:
        if self.is_stored(node):
            self.phase.result(node)
            return self._slice(node)
        name = self._taken(node) or self._temporary(node)
        self.local[node] = name
        return name

    def _taken(self, node: Node) -> str:
        """Return the name of an operand that `node` may be written over, or nothing."""
        for x in node.inputs:
            name = self.local.get(x, "")
            mine = name in self.temporary or self.phase.is_doomed(x, node)
            if mine and self.phase.can_take(x, node):
                return name
        return ""

    def _temporary(self, node: Node) -> str:
        if self.spare and node.dtype == "float":
            return self.spare.pop()
        code = self.phase.code
        name = code.fresh("t")
        shape = (self.step, *sizes(node)[1:])
        self.temporary[name] = code.pool.take(
            shape, width(node.dtype, code.floats)
        ).array
        return name

    def _recycle(self, reader: Node) -> None:
        """Let later results use the temporaries that `reader` read last."""
        schedule = self.phase.schedule
        for x in dict.fromkeys(reader.inputs):
            name = self.local.get(x, "")
            taken = name == self.local[reader]
            last = schedule.last_use[schedule.home[x]] == schedule.index[reader]
            if name in self.temporary and last and not taken and x.dtype == "float":
                self.spare.append(name)
