"""Storage: where the values of one phase live."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from chainrule.backends.numpy.destinations import Destinations
from chainrule.backends.numpy.kernels import works_in_place
from chainrule.backends.numpy.memory import Array, Buffer, Memory
from chainrule.backends.numpy.script import Script, label
from chainrule.node import Constant, Node, Parameter
from chainrule.ops import Elementwise
from chainrule.program import Phase
from chainrule.program.sizes import Sizes, sizes
from chainrule.program.storage import Liveness


class Storage:
    """Where the values of one phase live.

    A value is an array, or a single number that is a variable of the generated
    function, or both.

    Args:
        phase: the phase.
        live: until when each of its values is read.
        leaves: the arrays of its inputs, parameters and constants.
        memory: the memory of the program.
        script: what reads and writes the values.

    Attributes:
        array: the array of each node that has one by now.
        number: the name of each single number that has one by now.
        destinations: where results are computed that are assigned.
    """

    def __init__(
        self,
        phase: Phase,
        live: Liveness,
        leaves: Mapping[Node, Array],
        memory: Memory,
        script: Script,
    ) -> None:
        self.phase = phase
        self.live = live
        self.memory = memory
        self.script = script
        self.array = dict(leaves)
        self.number: dict[Node, str] = {}
        self.destinations = Destinations(phase, live, leaves, memory, script)
        self._buffer: dict[Node, Buffer] = {}
        self._ends = live.ends()

    # -- operands ----------------------------------------------------------------

    def operand(self, node: Node) -> str:
        """Return the name of a node's array."""
        return self.script.name(self.array[node], label(node))

    def number_of(self, node: Node) -> str:
        """Return an expression for a single number: a name, a literal or a call."""
        if node in self.number:
            return self.number[node]
        if isinstance(node, Constant):
            return _literal(node.value.item())
        return f"to_float({self.operand(node)})"

    # -- results -----------------------------------------------------------------

    def result(self, node: Node) -> Array:
        """Choose where a result goes: its destination, an operand, or the pool."""
        array = self.destinations.array.get(node)
        if array is None:
            array = self._operand_to_overwrite(node)
        if array is None:
            self._buffer[node] = self.memory.buffer(sizes(node), node.dtype)
            array = self._buffer[node].array
        self.array[node] = array
        return array

    def target(self, node: Node) -> str:
        """Choose where a result goes, and return the name of the array."""
        return self.script.name(self.result(node), label(node))

    def set_number(self, node: Node, name: str) -> None:
        """Give a number its name, and put it where array ops read it, if any does."""
        self.number[node] = name
        readers = self.live.readers[node]
        if not all(map(self.script.is_number, readers)):
            self.array[node] = np.zeros((), self.memory.dtype(node.dtype))
            self.script.line(f"{self.operand(node)}[()] = {name}", node)

    def _operand_to_overwrite(self, node: Node) -> Array | None:
        if not isinstance(node.op, Elementwise):
            return None
        for x in node.inputs:
            home = self.live.home[x]
            if x not in self.array or not self.can_overwrite(x, node):
                continue  # what only lives inside a loop has no array
            array = self.array[x]
            if self.is_lent(x, node):
                return array
            whole = array.flags.c_contiguous and array.size == self.array[home].size
            if home in self._buffer and whole and array.flags.writeable:
                self._buffer[node] = self._buffer.pop(home)
                return array
        return None

    def can_overwrite(self, x: Node, node: Node) -> bool:
        """Whether `node` reads x last and its result fits where x is."""
        last = self.live.last_use[self.live.home[x]]
        return (
            last == self.live.index[node]
            and x.shape == node.shape
            and x.dtype == node.dtype
            and works_in_place(self.script.kernel(node))
        )

    def is_lent(self, x: Node, node: Node) -> bool:
        """Whether `node` may use a parameter's memory until its new value comes."""
        if not isinstance(x, Parameter):
            return False
        until = self.destinations.overwritten_at.get(x, -1)
        return self.live.last_use.get(node, 0) <= until

    def scratch(self, shape: Sizes) -> str:
        """Return the name of a buffer of floats that is used by one kernel only."""
        buffer = self.memory.buffer(shape, "float")
        self.memory.pool.give_back(buffer)
        return self.script.name(buffer.array, "scratch")

    def keep(self, node: Node) -> None:
        """Never use the buffer of a node for anything else."""
        self._buffer.pop(node, None)

    def release(self, node: Node) -> None:
        """Give the buffers back that `node` reads last."""
        for home in self._ends[self.live.index[node]]:
            buffer = self._buffer.pop(home, None)
            if buffer is not None:
                self.memory.pool.give_back(buffer)


def _literal(number: float) -> str:
    text = repr(number)
    if not math.isfinite(number):
        return f"to_float({text!r})"
    return f"({text})" if text.startswith("-") else text
