"""The code being generated: its lines, and the objects that its names stand for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from keyword import iskeyword
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.backends.numpy.kernels import NAMESPACE, clip
from chainrule.backends.numpy.loops import compile_for, compiled
from chainrule.backends.numpy.memory import Pool
from chainrule.node import Input, Node, Parameter
from chainrule.ops import Op
from chainrule.program import Program


class Code:
    """Lines of Python, and a name for every buffer, view and constant in them."""

    def __init__(
        self, program: Program, kernels: Mapping[type[Op], Any], with_loops: bool
    ) -> None:
        self.program = program
        self.kernels = kernels
        self.with_loops = with_loops
        self.gains_by_loops = False
        """Whether loops were, or could have been, compiled."""
        self.floats = np.dtype(program.dtype)
        self.namespace: dict[str, Any] = {
            **NAMESPACE,
            "clip": clip,
            "add_reduce": np.add.reduce,
            "max_reduce": np.maximum.reduce,
            "min_reduce": np.minimum.reduce,
            "one": np.array(1, self.floats),
            "zero": np.array(0, self.floats),
            "inf": np.array(np.inf, self.floats),
        }
        self.lines: list[str] = []
        self.largest_product = 0
        """Multiplications in the largest matrix product."""
        self.nodes_of_line: dict[int, tuple[Node, ...]] = {}
        self.inputs: dict[Input, npt.NDArray[Any]] = {}
        self.parameters: dict[Parameter, npt.NDArray[Any]] = {}
        self.outputs: list[npt.NDArray[Any] | None] = []
        self.pool = Pool()
        arguments = ("seed", "step", "lr", "results", "totals", "check", "in_range")
        self._taken = Counter(dict.fromkeys((*self.namespace, *arguments), 1))
        self._ones: dict[int, str] = {}
        self._names: dict[int, str] = {}
        self._dots: dict[int, str] = {}
        self._kept: list[npt.NDArray[Any]] = []
        self.loops: list[str] = []
        """The texts of the compiled loops that the lines call."""

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
            self._kept.append(value)  # so that its id stays its own
        return found

    def dot(self, array: npt.NDArray[Any], name: str) -> str:
        """Return the name of an array's `dot`, bound: a fifth cheaper to call."""
        if id(array) not in self._dots:
            self._dots[id(array)] = self.name(array.dot, f"{name}_dot")
            self._kept.append(array)
        return self._dots[id(array)]

    def ones(self, count: int) -> str:
        """Return the name of a vector of ones."""
        if count not in self._ones:
            vector = np.ones(count, self.floats)
            self._ones[count] = self.name(vector, f"ones_{count}")
        return self._ones[count]

    def ones_dot(self, count: int) -> str:
        """Return the name of the `dot` of a vector of ones: sums of columns."""
        return self.dot(self.namespace[self.ones(count)], f"ones_{count}")

    def loop(self, text: str, arguments: Sequence[str]) -> str:
        """Return the name of a loop, compiled for what the arguments stand for."""
        function = compiled(text, self.floats.name)
        compile_for(function, [self.namespace[name] for name in arguments])
        if id(function) not in self._names:
            name = self.name(function, "loop")
            self.loops.append(text.replace("def loop", f"def {name}", 1))
        return self._names[id(function)]

    def line(self, text: str, *nodes: Node) -> None:
        """Append a line of code; `nodes` are what it computes."""
        self.lines.append(text)
        if nodes:
            self.nodes_of_line[len(self.lines)] = nodes
