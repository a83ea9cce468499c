"""Faults that kernels find: values that are not finite, indices out of range.

A kernel notes the first node, in the order of the program, in a buffer that the host
reads with the results; so looking for faults costs no step a wait.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from chainrule.backends.opencl.source.body import Body
from chainrule.backends.opencl.source.code import Value
from chainrule.backends.opencl.source.layout import Slot
from chainrule.errors import ChainRuleError, DivergenceError, ExecutionError
from chainrule.node import Node, describe
from chainrule.program import Program

NONE = 2**31 - 1
NAN, INFINITE, INDEX = range(3)
ATOMIC = "volatile global int"


class Faults:
    """Numbers the nodes that are watched, and turns a number into an error."""

    def __init__(self, program: Program) -> None:
        self.slot = Slot(12, kept=True)
        self.used = False
        self._checked = program.checked
        self._trusted = program.trusted
        self._nodes: dict[Node, int] = {}
        self._sizes: dict[Node, int] = {}

    def watch(self, body: Body) -> None:
        """Let a body note what goes wrong while it computes."""
        if self._checked:
            body.after = lambda node, value: self._look(body, node, value)
        if not self._trusted:
            body.bound = lambda place, size, node: self._bound(body, place, size, node)

    def _note(self, body: Body, kind: int, node: Node) -> str:
        self.used = True
        number = self._nodes.setdefault(node, len(self._nodes))
        flags = body.argument(self.slot, "int")
        return f"atomic_min(({ATOMIC} *){flags} + {kind}, {number});"

    def _look(self, body: Body, node: Node, value: Value) -> None:
        if node.dtype != "float":
            return
        for kind, test in ((NAN, "isnan"), (INFINITE, "isinf")):
            found = f"{test}({value.text})"
            if value.vector:
                found = f"any({found})"
                if body.valid is not None:
                    lanes = ", ".join(
                        "-1" if i < body.valid else "0" for i in range(body.width)
                    )
                    found = f"any({test}({value.text}) & ({body.mask(True)})({lanes}))"
            body.line(f"if ({found}) {self._note(body, kind, node)}")

    def _bound(self, body: Body, place: str, size: int, node: Node) -> str:
        self._sizes[node] = size
        note = self._note(body, INDEX, node)
        body.line(f"if ({place} < 0 || {place} >= {size}) {note}")
        name = body.fresh()
        body.line(f"const long {name} = clamp((long){place}, 0L, {max(size - 1, 0)}L);")
        return name

    def error(self, flags: npt.NDArray[np.int32]) -> ChainRuleError | None:
        """Return the error that the flags stand for, if any."""
        nodes = list(self._nodes)
        if flags[INDEX] != NONE:
            node = nodes[flags[INDEX]]
            return ExecutionError(
                f"{describe(node)} of {_operands(node)} failed: indices must lie in "
                f"0 … {self._sizes[node] - 1}, and one does not"
            )
        first = min(flags[NAN], flags[INFINITE])
        if first == NONE:
            return None
        what = "NaN" if flags[NAN] == first else "infinity"
        node = nodes[first]
        return DivergenceError(f"{describe(node)} of {_operands(node)} produced {what}")


def _operands(node: Node) -> str:
    return ", ".join(describe(x) for x in node.inputs)
