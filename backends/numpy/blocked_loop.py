"""Blocked loops: large arrays are computed in blocks that stay in cache."""

from __future__ import annotations

import math

from chainrule.backends.numpy.fusion import FusedLoop
from chainrule.backends.numpy.memory import Array
from chainrule.backends.numpy.storage import Storage
from chainrule.node import Node
from chainrule.program.sizes import count, sizes

BLOCK = 1 << 16
"""Elements in a block: what a few arrays of fit into a core's second-level cache."""
BLOCKED_FROM = 1 << 19
"""Elements from which elementwise ops are computed block by block."""


def is_large(node: Node) -> bool:
    """Whether a node is worth computing block by block."""
    return count(node) >= BLOCKED_FROM


class BlockedLoop(FusedLoop):
    """A loop over blocks of rows, with a NumPy call for every op in its body.

    Results that are read after the loop get their arrays; all others get temporaries
    of one block's size.
    """

    def __init__(self, storage: Storage, nodes: list[Node]) -> None:
        super().__init__(storage, nodes)
        self._rows = self.shape[0]
        self._step = max(1, BLOCK * self._rows // math.prod(self.shape))
        self._sliced: dict[str, Array] = {}
        self._temporary: dict[str, Array] = {}
        self._spare: list[str] = []

    def generate(self) -> None:
        body: list[tuple[str, Node]] = []
        for node in self.nodes:
            operands = [self._operand(x, node) for x in node.inputs]
            out = self._result(node)
            body.append((self.script.call(node, out, operands), node))
            self._recycle(node)
        names = [*self._sliced, *self._temporary]
        blocks = self.script.name(self._blocks(), "blocks")
        self.script.line(f"for {', '.join(names)}, in {blocks}:")
        for text, node in body:
            self.script.line(f"    {text}", node)
        self.release()

    def _blocks(self) -> list[tuple[Array, ...]]:
        spans = [
            (low, min(low + self._step, self._rows))
            for low in range(0, self._rows, self._step)
        ]
        return [
            (
                *(array[low:high] for array in self._sliced.values()),
                *(array[: high - low] for array in self._temporary.values()),
            )
            for low, high in spans
        ]

    def _operand(self, x: Node, reader: Node) -> str:
        if x in self.local:
            return self.local[x]
        whole = x.ndim == reader.ndim and x.shape[0] == reader.shape[0] != 1
        return self._slice(x) if whole else self.storage.operand(x)

    def _slice(self, node: Node) -> str:
        name = self.script.fresh("b")
        self._sliced[name] = self.storage.array[node]
        self.local[node] = name
        return name

    def _result(self, node: Node) -> str:
        if self.is_stored(node):
            self.storage.result(node)
            return self._slice(node)
        name = self._overwritten(node) or self._new_temporary(node)
        self.local[node] = name
        return name

    def _overwritten(self, node: Node) -> str:
        """Return the name of an operand that `node` may be written over, or nothing."""
        for x in node.inputs:
            name = self.local.get(x, "")
            free = name in self._temporary or self.storage.is_lent(x, node)
            if free and self.storage.can_overwrite(x, node):
                return name
        return ""

    def _new_temporary(self, node: Node) -> str:
        if self._spare and node.dtype == "float":
            return self._spare.pop()
        name = self.script.fresh("t")
        shape = (self._step, *sizes(node)[1:])
        self._temporary[name] = self.storage.memory.buffer(shape, node.dtype).array
        return name

    def _recycle(self, reader: Node) -> None:
        """Let later results use the temporaries of floats that `reader` read last."""
        live = self.storage.live
        for x in dict.fromkeys(reader.inputs):
            name = self.local.get(x, "")
            if x.dtype != "float" or name not in self._temporary:
                continue
            last = live.last_use[live.home[x]] == live.index[reader]
            if last and name != self.local[reader]:
                self._spare.append(name)
