"""Accumulators: the variables in which kernels gather the values of a reduction."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from chainrule import ops
from chainrule.backends.opencl.source.body import Body
from chainrule.backends.opencl.source.index import Index
from chainrule.backends.opencl.source.kernel_text import NotVector, Value
from chainrule.dtypes import Dtype
from chainrule.node import Node
from chainrule.ops import Op


class Rule(NamedTuple):
    """How a reduction gathers values.

    Attributes:
        start: the value of no elements.
        merge: adds a value, or a vector of the device's width, to those before.
        inline: the same without helper functions, for vectors of any width.
    """

    start: str
    merge: str
    inline: str


RULES: dict[type[Op], Rule] = {
    ops.Sum: Rule("0", "{0} + {1}", "{0} + {1}"),
    ops.Prod: Rule("1", "{0} * {1}", "{0} * {1}"),
    ops.Max: Rule(
        "-INFINITY", "maximum({0}, {1})", "(({0} >= {1}) | ({0} != {0})) ? {0} : {1}"
    ),
    ops.Min: Rule(
        "INFINITY", "minimum({0}, {1})", "(({0} <= {1}) | ({0} != {0})) ? {0} : {1}"
    ),
}
REDUCTIONS: frozenset[type[Op]] = frozenset({*RULES, ops.Argmax})
"""Ops that gather along axes."""


class Accumulator(Protocol):
    """A variable in a kernel body that gathers values.

    Attributes:
        name: the variable.
    """

    name: str

    def merge(self, value: Value, at: str) -> None:
        """Take in a value, or a vector of values, at an index along the axis."""

    def finish(self, index: Index) -> None:
        """Let the body remember the result, at the index of the reduction."""


def accumulate(body: Body, node: Node, *, vector: bool) -> Accumulator:
    """Declare the variable of a reduction, with one value for each lane of a vector.

    Raises:
        NotVector: only single numbers can be gathered.
    """
    if isinstance(node.op, ops.Argmax):
        return _Argmax(body, node)
    return _Fold(body, node, vector)


class _Argmax:
    """The index of the first of the largest values; NaN is the largest."""

    def __init__(self, body: Body, node: Node) -> None:
        self.name = body.fresh()
        self._body, self._node = body, node
        kind = body.ctype(node.inputs[0].dtype)
        body.line(f"{kind} {self.name}_best = 0;")
        body.line(f"long {self.name} = -1;")

    def merge(self, value: Value, at: str) -> None:
        body, best, text = self._body, f"{self.name}_best", value.text
        nan = f"({text} != {text} && {best} == {best})"
        with body.block(f"if ({self.name} < 0 || {text} > {best} || {nan})"):
            body.line(f"{best} = {text};")
            body.line(f"{self.name} = {at};")

    def finish(self, index: Index) -> None:
        self._body.remember(self._node, index, Value(self.name, self._node.dtype))


class _Fold:
    """A sum, a product or an extremum."""

    def __init__(self, body: Body, node: Node, vector: bool) -> None:
        assert node.op is not None
        self.name = body.fresh()
        self._body, self._node, self._vector = body, node, vector
        self._rule = RULES[type(node.op)]
        self._dtype: Dtype = "int" if node.dtype == "bool" else node.dtype
        start = self._rule.start
        if self._dtype == "int":
            start = start.replace("INFINITY", "LONG_MAX")
            if vector:
                raise NotVector
        kind = body.ctype(self._dtype, vector)
        body.line(f"{kind} {self.name} = ({kind})({start});")

    def merge(self, value: Value, at: str) -> None:
        body = self._body
        text = body.cast(value, self._dtype, value.vector)
        if value.vector and body.valid is not None:
            neutral = f"({body.ctype('float', True)})({self._rule.start})"
            text = f"({body.valid_lanes()} ? {text} : {neutral})"
        elif not value.vector and body.width > 1:
            raise NotVector
        body.line(f"{self.name} = {self._rule.merge.format(self.name, text)};")

    def finish(self, index: Index) -> None:
        text = self._folded() if self._vector else self.name
        if self._node.dtype == "bool":
            sign = "> 0" if isinstance(self._node.op, ops.Max) else "!= 0"
            text = f"(-({text} {sign}))"
        self._body.remember(self._node, index, Value(text, self._node.dtype))

    def _folded(self) -> str:
        """Fold a vector into one number, half by half; return its name."""
        body, half, name = self._body, self._body.width, self.name
        while half > 1:
            half //= 2
            kind = f"{body.floats}{half}" if half > 1 else body.floats
            template = self._rule.inline if half > 1 else self._rule.merge
            text, name = template.format(f"{name}.lo", f"{name}.hi"), body.fresh()
            body.line(f"const {kind} {name} = {text};")
        return name
