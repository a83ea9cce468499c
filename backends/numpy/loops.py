"""Loops: with Numba installed, large elementwise runs are compiled to machine code.

NumPy reads and writes an array for every operation; a compiled loop reads each operand
once and writes each result once. Only operations that Numba rounds as NumPy does are
compiled, so results are the same bit for bit with Numba and without.
"""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from chainrule import ops
from chainrule.backends.numpy.elementwise_run import Run
from chainrule.backends.numpy.kernels import ELEMENTWISE
from chainrule.backends.numpy.memory import label, op_class, sizes
from chainrule.node import Constant, Node
from chainrule.ops import Op
from chainrule.ops.arithmetic import Maximum, Minimum

if TYPE_CHECKING:
    from chainrule.backends.numpy.generate import PhaseCode

COMPILED_FROM = 1 << 16
"""Elements from which a run of elementwise ops is worth the time to compile it."""

EXPRESSIONS: dict[type[Op], str] = {
    ops.Abs: "abs({0})",
    ops.Add: "{0} + {1}",
    ops.Sub: "{0} - {1}",
    ops.Mul: "{0} * {1}",
    ops.Div: "{0} / {1}",
    ops.Neg: "-{0}",
    ops.Square: "{0} * {0}",
    ops.Reciprocal: "one / {0}",
    ops.Sqrt: "sqrt({0})",
    ops.Relu: "zero if {0} < zero else {0}",
    Maximum: "{0} if {0} >= {1} or {0} != {0} else {1}",
    Minimum: "{0} if {0} <= {1} or {0} != {0} else {1}",
    ops.Equal: "{0} == {1}",
    ops.NotEqual: "{0} != {1}",
    ops.Less: "{0} < {1}",
    ops.LessEqual: "{0} <= {1}",
    ops.Greater: "{0} > {1}",
    ops.GreaterEqual: "{0} >= {1}",
    ops.LogicalAnd: "{0} and {1}",
    ops.LogicalOr: "{0} or {1}",
    ops.LogicalNot: "not {0}",
    ops.ToFloat: "number({0})",
    ops.Where: "{1} if {0} else {2}",
    ops.Identity: "{0}",
    ops.StopGradient: "{0}",
}
"""One element of each op whose result is exact, or rounded correctly."""


@functools.cache
def numba_version() -> str:
    """Return the version of Numba if it can be used, or nothing."""
    try:
        import numba
    except (ImportError, OSError):  # or it does not know this NumPy, or lacks LLVM
        return ""
    return "" if getattr(numba.config, "DISABLE_JIT", 0) else str(numba.__version__)


def can_be_compiled(node: Node, kernel: object) -> bool:
    """Whether a node may be part of a compiled loop."""
    kind = op_class(node)
    known = kind in EXPRESSIONS and kernel is ELEMENTWISE[kind]
    return known and math.prod(sizes(node)) >= COMPILED_FROM


@functools.lru_cache(maxsize=256)
def compiled(text: str, dtype: str) -> Any:
    """Return the function that the text of a loop defines, to be compiled by Numba."""
    import numba

    number = np.dtype(dtype).type
    namespace = {
        "number": number, "zero": number(0), "one": number(1), "sqrt": math.sqrt,
    }  # fmt: skip
    exec(compile(text, "<chainrule loop>", "exec"), namespace)
    # NumPy's error model: a division by zero is no error.
    return numba.njit(error_model="numpy", nogil=True)(namespace["loop"])


def compile_for(loop: Any, arrays: Sequence[npt.NDArray[Any]]) -> None:
    """Compile a loop for arrays of this kind: its first call then takes no longer."""
    import numba

    loop.compile(tuple(map(numba.typeof, arrays)))


Memory: TypeAlias = tuple[int, tuple[int, ...], tuple[int, ...]]
"""Address, shape and strides of an array."""


class CompiledRun(Run):
    """A loop over elements, with every op of a run in its body.

    Results that are read outside the run are stored; all others live in registers.
    Equal runs, of whatever layer and batch size, have the same text.
    """

    def __init__(self, phase: PhaseCode, nodes: list[Node]) -> None:
        super().__init__(phase, nodes)
        outside = [x for node in nodes for x in node.inputs if x not in nodes]
        arrays = [phase.array[x] for x in outside if x.shape != ()]
        self.flat = all(a.shape == self.shape and a.flags.c_contiguous for a in arrays)
        """Whether elements can be counted through, whatever the dimensions."""
        self.arguments: dict[Memory, tuple[str, str]] = {}
        """An array → its name in the code that calls the loop, and in the loop."""
        self.head: list[str] = []
        self._taken: Counter[str] = Counter()

    def generate(self) -> None:
        """Emit a call of the loop."""
        code = self.phase.code
        body: list[str] = []
        stored = ""
        for node in self.nodes:
            operands = [self._operand(x) for x in node.inputs]
            name = self.local[node] = self._fresh(op_class(node).type_name)
            value = EXPRESSIONS[op_class(node)].format(*operands)
            if node.dtype == "float" and any(x.dtype == "int" for x in node.inputs):
                value = f"number({value})"  # int64 beside float32 makes a float64
            body.append(f"{name} = {value}")
            if self.is_stored(node):
                stored = self._argument(self.phase.result(node), label(node), "out")
                body.append(f"{stored}{self._index(self.shape)} = {name}")
        names = [outside for outside, _ in self.arguments.values()]
        loop = code.loop(self._text(body, stored), names)
        code.line(f"{loop}({', '.join(names)})", *self.nodes)
        self.release()

    def _text(self, body: list[str], stored: str) -> str:
        names = ", ".join(inside for _, inside in self.arguments.values())
        lines = [f"def loop({names}):"]
        lines += [f"    {line}" for line in self.head]
        indent = "    "
        for d, counter in enumerate(["i"] if self.flat else _counters(self.shape)):
            lines.append(f"{indent}for {counter} in range({stored}.shape[{d}]):")
            indent += "    "
        lines += [f"{indent}{line}" for line in body]
        return "\n".join(lines) + "\n"

    def _operand(self, x: Node) -> str:
        if x in self.local:
            return self.local[x]
        array = self.phase.array[x]
        if x.shape != ():
            once = array[
                tuple(slice(0, 1) if s == 0 else slice(None) for s in array.strides)
            ]
            return self._argument(once, label(x), "x") + self._index(once.shape)
        if isinstance(x, Constant) and x.dtype == "float" and np.isfinite(array):
            value = f"number({x.value.item()!r})"
        else:
            value = self._argument(array, label(x), "x") + "[()]"
        name = self.local[x] = self._fresh("c")
        self.head.append(f"{name} = {value}")
        return name

    def _argument(self, array: npt.NDArray[Any], outside: str, inside: str) -> str:
        if self.flat and array.ndim > 1:
            array = array.reshape(-1)
        memory = array.__array_interface__["data"][0], array.shape, array.strides
        if memory not in self.arguments:
            name = self.phase.code.name(array, outside)
            self.arguments[memory] = name, self._fresh(inside)
        return self.arguments[memory][1]

    def _index(self, shape: tuple[int, ...]) -> str:
        if self.flat:
            return "[i]"
        counters = _counters(self.shape)[len(self.shape) - len(shape) :]
        chosen = ["0" if n == 1 else c for n, c in zip(shape, counters, strict=True)]
        return f"[{', '.join(chosen)}]"

    def _fresh(self, base: str) -> str:
        self._taken[base] += 1
        return f"{base}_{self._taken[base]}"


def _counters(shape: tuple[int, ...]) -> list[str]:
    return [f"i{d}" for d in range(len(shape))]
