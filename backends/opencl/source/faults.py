"""Faults that kernels find: values that are not finite, indices out of range.

A kernel notes the first node, in the order of the program, in a buffer that the host
reads with the results, so checks do not make a step wait.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt

from chainrule.backends.opencl.source.body import Body
from chainrule.backends.opencl.source.kernel_text import Value
from chainrule.backends.opencl.source.layout import Argument, Slot
from chainrule.errors import ChainRuleError, DivergenceError, ExecutionError
from chainrule.node import Node, describe
from chainrule.program import Program

NONE = 2**31 - 1
"""The entry of a kind of fault that was not found."""


class Kind(IntEnum):
    """The kinds of faults; each has an entry in the buffer."""

    NAN = 0
    INFINITE = 1
    INDEX = 2


NO_FAULTS = np.full(len(Kind), NONE, np.int32)
"""The contents of the buffer before kernels run."""


class Faults:
    """The faults that a program's kernels look for.

    Nodes are numbered while the kernels that check them are generated.

    Attributes:
        slot: where kernels note faults.
    """

    def __init__(self, program: Program) -> None:
        self.slot = Slot(4 * len(Kind), persistent=True)
        self._checked = program.checked
        self._trusted = program.trusted
        self._numbers: dict[Node, int] = {}
        self._sizes: dict[Node, int] = {}

    @property
    def any_watched(self) -> bool:
        """Whether a kernel looks for faults at all."""
        return bool(self._numbers)

    def computed(self, body: Body, node: Node, value: Value) -> None:
        """Append checks that a value is finite, if the program is checked."""
        if not self._checked or node.dtype != "float":
            return
        for kind, test in ((Kind.NAN, "isnan"), (Kind.INFINITE, "isinf")):
            found = f"{test}({value.text})"
            if value.vector and body.valid is not None:
                found = f"{found} & {body.valid_lanes()}"
            if value.vector:
                found = f"any({found})"
            body.line(f"if ({found}) {self._note(body, kind, node)}")

    def bounded(self, body: Body, index: str, size: int, node: Node) -> str:
        """Append the check of an index; return the nearest one that is in range."""
        if self._trusted:
            return index
        self._sizes[node] = size
        note = self._note(body, Kind.INDEX, node)
        body.line(f"if ({index} < 0 || {index} >= {size}) {note}")
        name = body.fresh()
        body.line(f"const long {name} = clamp((long){index}, 0L, {max(size - 1, 0)}L);")
        return name

    def _note(self, body: Body, kind: Kind, node: Node) -> str:
        number = self._numbers.setdefault(node, len(self._numbers))
        flags = body.argument(Argument(self.slot, "int"))
        return f"atomic_min((volatile global int *){flags} + {kind:d}, {number});"

    def error(self, flags: npt.NDArray[np.int32]) -> ChainRuleError | None:
        """Return the error that the buffer's contents stand for, if any."""
        nodes = list(self._numbers)
        if flags[Kind.INDEX] != NONE:
            node = nodes[flags[Kind.INDEX]]
            return ExecutionError(
                f"{_described(node)} failed: indices must lie in "
                f"0 … {self._sizes[node] - 1}, and one does not"
            )
        first = min(flags[Kind.NAN], flags[Kind.INFINITE])
        if first == NONE:
            return None
        what = "NaN" if flags[Kind.NAN] == first else "infinity"
        return DivergenceError(f"{_described(nodes[first])} produced {what}")


def _described(node: Node) -> str:
    operands = ", ".join(describe(x) for x in node.inputs)
    return f"{describe(node)} of {operands}"
