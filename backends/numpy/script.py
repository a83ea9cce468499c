"""The script being generated: lines of Python, and the objects that its names mean."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from keyword import iskeyword
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.backends.numpy.checks import check_finite, check_index
from chainrule.backends.numpy.jit import compile_for, jitted
from chainrule.backends.numpy.kernels import ELEMENTWISE, FUNCTIONS, NUMBERS, Kernel
from chainrule.node import Constant, Node
from chainrule.ops import Op

ARGUMENTS = ("seed", "step", "lr", "results", "totals")
"""The arguments of the generated function."""


class Script:
    """Lines of Python, and a name for every array, kernel and number in them.

    Args:
        floats: the dtype of floats.
        kernels: the program's kernels; see `chainrule.backends.numpy.kernels`.
        trusted: whether indices are known to be in range.
        with_loops: whether Numba compiles loops.

    Attributes:
        namespace: what the names stand for.
        nodes_of_line: what the lines compute; the first line is 1.
        loops: the source of the compiled loops that the lines call.
    """

    def __init__(
        self,
        floats: np.dtype[Any],
        kernels: Mapping[type[Op], Kernel],
        *,
        trusted: bool = False,
        with_loops: bool = False,
    ) -> None:
        self.with_loops = with_loops
        self._floats = floats
        self._kernels = kernels
        self._trusted = trusted
        self.namespace: dict[str, Any] = {
            **FUNCTIONS,
            "check": check_finite,
            "in_range": check_index,
            "one": np.array(1, floats),
            "zero": np.array(0, floats),
            "inf": np.array(np.inf, floats),
        }
        self._lines: list[str] = []
        self.nodes_of_line: dict[int, tuple[Node, ...]] = {}
        self.loops: list[str] = []
        self._taken = Counter(dict.fromkeys((*self.namespace, *ARGUMENTS), 1))
        self._names: dict[int, str] = {}
        self._named: list[Any] = []
        """Named objects are held here, so that no other object gets the same id."""
        self._ones: dict[int, str] = {}
        self._dots: dict[int, str] = {}

    @property
    def text(self) -> str:
        """The source of the function ``run``."""
        body = "".join(f"    {line}\n" for line in self._lines) or "    pass\n"
        return f"def run({', '.join(ARGUMENTS)}):\n{body}"

    def line(self, text: str, *nodes: Node) -> None:
        """Append a line of code; `nodes` are what it computes."""
        self._lines.append(text)
        if nodes:
            self.nodes_of_line[len(self._lines)] = nodes

    def check_finite(self, node: Node, value: str) -> None:
        """Add a check that a value is finite."""
        self.line(f"check({value}, {self.name(node, 'node')})", node)

    def check_index(self, node: Node, index: str, bound: int) -> None:
        """Add a check of indices, unless they are known to be in range."""
        if not self._trusted:
            self.line(f"in_range({index}, {bound})", node)

    # -- names -------------------------------------------------------------------

    def fresh(self, base: str) -> str:
        """Return a name that is not taken yet."""
        base = re.sub(r"\W+", "_", base, flags=re.ASCII).strip("_")[:40]
        base = base if base[:1].isalpha() and not iskeyword(base) else f"v_{base}"
        self._taken[base] += 1
        count = self._taken[base]
        name = base if count == 1 else f"{base}_{count}"
        return name if name not in self.namespace else self.fresh(base)

    def name(self, value: Any, base: str) -> str:
        """Return a name for an object, the same each time it is asked for."""
        found = self._names.get(id(value))
        if found is None:
            found = self.fresh(base)
            self.namespace[found] = value
            self._names[id(value)] = found
            self._named.append(value)
        return found

    def dot(self, array: npt.NDArray[Any], base: str) -> str:
        """Return the name of an array's `dot`, bound: a fifth cheaper to call."""
        if id(array) not in self._dots:
            self._dots[id(array)] = self.name(array.dot, f"{base}_dot")
            self._named.append(array)
        return self._dots[id(array)]

    def ones(self, count: int) -> str:
        """Return the name of a vector of ones."""
        if count not in self._ones:
            vector = np.ones(count, self._floats)
            self._ones[count] = self.name(vector, f"ones_{count}")
        return self._ones[count]

    def ones_dot(self, count: int) -> str:
        """Return the name of the `dot` of a vector of ones: sums of columns."""
        return self.dot(self.namespace[self.ones(count)], f"ones_{count}")

    # -- kernels -----------------------------------------------------------------

    def kernel(self, node: Node) -> Kernel:
        """Return the kernel of a node's op."""
        return self._kernels[op_class(node)]

    def is_number(self, node: Node) -> bool:
        """Whether a node is computed as Python computes numbers.

        So it is if its operands are numbers, too, and no plugin has a kernel for it.
        """
        op = op_class(node)
        own = op in NUMBERS and self._kernels[op] is ELEMENTWISE[op]
        return own and all(x.shape == () for x in (node, *node.inputs))

    def call(self, node: Node, out: str, operands: Sequence[str]) -> str:
        """Return the line that computes a node with its kernel."""
        kernel = self.kernel(node)
        if isinstance(kernel, str):
            return kernel.format(*operands, out=out)
        function = self.name(kernel, getattr(kernel, "__name__", "kernel"))
        op = self.name(node.op, "op")
        return f"{function}({', '.join([op, out, *operands])})"

    def loop(self, text: str, arguments: Sequence[str]) -> str:
        """Return the name of a loop, compiled for what the arguments stand for."""
        function = jitted(text, self._floats.name)
        compile_for(function, [self.namespace[name] for name in arguments])
        if id(function) not in self._names:
            name = self.name(function, "loop")
            self.loops.append(text.replace("def loop", f"def {name}", 1))
        return self._names[id(function)]


def op_class(node: Node) -> type[Op]:
    """Return the class of a computed node's op."""
    assert node.op is not None
    return type(node.op)


def label(node: Node) -> str:
    """Return a name for a node's result, to be made unique."""
    if isinstance(node, Constant):
        return f"c{node.value.item():g}" if node.shape == () else "constant"
    own = node.name or (node.op.type_name if node.op else "leaf")
    return "_".join([*(s.title for s in node.scope), own])
