"""Compiled loops: with Numba installed, neighbours are computed by machine code.

NumPy takes a call for every operation, some 0.3 µs, which reads and writes an array; a
compiled loop reads each operand once and writes each result once. Only operations that
Numba rounds as NumPy does are compiled, so results are the same bit for bit with Numba
and without.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TypeAlias

import numpy as np

from chainrule import ops
from chainrule.backends.numpy.fusion import FusedLoop, LoopClass
from chainrule.backends.numpy.kernels import ELEMENTWISE, Kernel
from chainrule.backends.numpy.memory import Array
from chainrule.backends.numpy.script import label, op_class
from chainrule.backends.numpy.storage import Storage
from chainrule.node import Constant, Node
from chainrule.ops import Op
from chainrule.ops.arithmetic import Maximum, Minimum
from chainrule.program.scalars import OF_NUMBERS
from chainrule.program.sizes import Sizes, count, sizes

COMPILED_FROM = 1 << 8
"""Elements from which a loop is faster than the calls that it replaces."""
SHORT = 64
"""Elements of a row up to which NumPy takes longer to begin with it than for it."""

EXACT: Mapping[type[Op], str] = {
    op: OF_NUMBERS[op]
    for op in (
        ops.Abs, ops.Add, ops.Sub, ops.Mul, ops.Div, ops.Neg, ops.Square,
        ops.Reciprocal, ops.Sqrt, ops.Relu, Maximum, Minimum, ops.Equal, ops.NotEqual,
        ops.Less, ops.LessEqual, ops.Greater, ops.GreaterEqual, ops.LogicalAnd,
        ops.LogicalOr, ops.LogicalNot, ops.ToFloat, ops.Where, ops.Identity,
        ops.StopGradient,
    )
}  # fmt: skip
"""One element of each op whose result is exact, or rounded correctly."""


def can_be_compiled(node: Node, kernel: Kernel) -> bool:
    """Whether a node may be part of a compiled loop."""
    op = op_class(node)
    known = op in EXACT and kernel is ELEMENTWISE[op]
    return known and count(node) >= COMPILED_FROM


def gains_alone(node: Node, loop: LoopClass) -> bool:
    """Whether a loop for a single node is faster than NumPy's call.

    NumPy begins anew with every row if an operand is repeated along it or for it.
    """
    shape = sizes(node)
    repeated = any(x.shape not in ((), shape) for x in node.inputs)
    return loop is CompiledLoop and repeated and shape[-1] <= SHORT


_Memory: TypeAlias = tuple[int, Sizes, Sizes]
"""Address, shape and strides of an array."""


class CompiledLoop(FusedLoop):
    """A loop over elements, with an expression for every op in its body.

    Results that are read after the loop are stored; all others live in registers.
    Equal loops have the same text, for any layer and batch size.
    """

    def __init__(self, storage: Storage, nodes: list[Node]) -> None:
        super().__init__(storage, nodes)
        outside = [x for node in nodes for x in node.inputs if x not in nodes]
        arrays = [storage.array[x] for x in outside if x.shape != ()]
        self._flat = all(a.shape == self.shape and a.flags.c_contiguous for a in arrays)
        """Whether one counter goes through the elements of all arrays."""
        self._arguments: dict[_Memory, tuple[str, str]] = {}
        """An array → its name in the code that calls the loop, and in the loop."""
        self._head: list[str] = []
        self._taken: Counter[str] = Counter()

    def generate(self) -> None:
        body: list[str] = []
        stored = ""
        for node in self.nodes:
            operands = [self._operand(x) for x in node.inputs]
            name = self.local[node] = self._fresh(op_class(node).type_name)
            value = EXACT[op_class(node)].format(*operands)
            if node.dtype == "float" and any(x.dtype == "int" for x in node.inputs):
                value = f"to_float({value})"  # int64 beside float32 makes a float64
            body.append(f"{name} = {value}")
            if self.is_stored(node):
                array = self.storage.result(node)
                stored = self._argument(array, label(node), "out")
                body.append(f"{stored}{self._index(self.shape)} = {name}")
        names = [outside for outside, _ in self._arguments.values()]
        loop = self.script.loop(self._text(body, stored), names)
        self.script.line(f"{loop}({', '.join(names)})", *self.nodes)
        self.release()

    def _text(self, body: list[str], stored: str) -> str:
        names = ", ".join(inside for _, inside in self._arguments.values())
        lines = [f"def loop({names}):"]
        lines += [f"    {line}" for line in self._head]
        indent = "    "
        for axis, counter in enumerate(["i"] if self._flat else _counters(self.shape)):
            lines.append(f"{indent}for {counter} in range({stored}.shape[{axis}]):")
            indent += "    "
        lines += [f"{indent}{line}" for line in body]
        return "\n".join(lines) + "\n"

    def _operand(self, x: Node) -> str:
        if x in self.local:
            return self.local[x]
        array = self.storage.array[x]
        if x.shape != ():
            once = array[
                tuple(slice(0, 1) if s == 0 else slice(None) for s in array.strides)
            ]
            return self._argument(once, label(x), "x") + self._index(once.shape)
        if isinstance(x, Constant) and x.dtype == "float" and np.isfinite(array):
            value = f"to_float({x.value.item()!r})"
        else:
            value = self._argument(array, label(x), "x") + "[()]"
        name = self.local[x] = self._fresh("c")
        self._head.append(f"{name} = {value}")
        return name

    def _argument(self, array: Array, outside: str, inside: str) -> str:
        if self._flat and array.ndim > 1:
            array = array.reshape(-1)
        memory = array.__array_interface__["data"][0], array.shape, array.strides
        if memory not in self._arguments:
            name = self.script.name(array, outside)
            self._arguments[memory] = name, self._fresh(inside)
        return self._arguments[memory][1]

    def _index(self, shape: Sizes) -> str:
        if self._flat:
            return "[i]"
        counters = _counters(self.shape)[len(self.shape) - len(shape) :]
        chosen = ["0" if n == 1 else c for n, c in zip(shape, counters, strict=True)]
        return f"[{', '.join(chosen)}]"

    def _fresh(self, base: str) -> str:
        self._taken[base] += 1
        return f"{base}_{self._taken[base]}"


def _counters(shape: Sizes) -> list[str]:
    return [f"i{axis}" for axis in range(len(shape))]
