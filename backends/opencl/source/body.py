"""Kernel bodies: the statements that compute nodes, and their operands first."""

from __future__ import annotations

import functools
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias, TypeVar

from chainrule import ops
from chainrule.backends.opencl.source.index import FLAT, Index, operand_index
from chainrule.backends.opencl.source.kernel_text import (
    KernelText,
    NotVector,
    Value,
    float_literal,
)
from chainrule.backends.opencl.source.layout import Floats, View
from chainrule.backends.opencl.source.templates import (
    MASKS,
    calls_for_vectors,
    is_relation,
)
from chainrule.dtypes import Dtype
from chainrule.node import Constant, Node
from chainrule.ops import Elementwise, Op
from chainrule.ops.base import widest
from chainrule.program.sizes import count
from chainrule.program.storage import VIEWS

T = TypeVar("T")


class Target(NamedTuple):
    """A node to store, its index in the kernel's terms, and where it goes."""

    node: Node
    at: Index
    view: View


class Watch(Protocol):
    """A look-out for faults: it appends checks to the bodies of kernels."""

    def computed(self, body: Body, node: Node, value: Value) -> None:
        """Check the value of a node that a body has computed."""

    def bounded(self, body: Body, index: str, size: int, node: Node) -> str:
        """Return an index that a node uses, forced into 0 … size - 1."""


ElementKernel: TypeAlias = "Callable[[Body, Node, Index], Value]"
"""Computes one element, or vector of elements, of a node at an index."""
Kernels: TypeAlias = "Mapping[type[Op], str | ElementKernel]"
"""The expression of each elementwise op, and a function for other ops."""


@dataclass(frozen=True)
class KernelContext:
    """The context that the kernels of a phase share.

    Attributes:
        floats: the C type of floats.
        width: elements in a vector of the device; 1 if single numbers suit it.
        view: returns where a node is stored, or None.
        kernels: how each op is computed.
        watch: the look-out for faults, or None.
    """

    floats: Floats
    width: int
    view: Callable[[Node], View | None]
    kernels: Kernels
    watch: Watch | None = None

    @property
    def widths(self) -> tuple[int, ...]:
        """The widths to try, vectors first."""
        return (self.width, 1) if self.width > 1 else (1,)

    def body(self, width: int = 1, computes: Container[Node] = ()) -> Body:
        """Return an empty body that computes some nodes, and reads others."""
        return Body(self, width, computes)

    def filled(
        self,
        fill: Callable[[Body], T],
        widths: Sequence[int],
        computes: Container[Node] = (),
    ) -> tuple[Body, T] | None:
        """Fill a body of the first width that fits; return it and the filler's result.

        None if none fits: `fill` raises `NotVector` for each of them.
        """
        for width in widths:
            body = self.body(width, computes)
            try:
                return body, fill(body)
            except NotVector:
                continue
        return None


class Body(KernelText):
    """The body of one kernel.

    Args:
        context: shared with the other kernels of its phase.
        width: elements in a vector; 1 for single numbers.
        computes: stored nodes that it computes; it reads all others.
    """

    def __init__(
        self, context: KernelContext, width: int, computes: Container[Node]
    ) -> None:
        super().__init__(context.floats, width)
        self._context = context
        self._computes = computes
        self._memo: list[dict[tuple[Node, Index], Value]] = [{}]

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Append a block; values computed in it are forgotten after it."""
        with super().block(head):
            self._memo.append({})
            yield
            self._memo.pop()

    def store_all(self, targets: Iterable[Target]) -> None:
        """Compute all values, then write them: one may go where another is read."""
        values = [(target, self.value(target.node, target.at)) for target in targets]
        for target, value in values:
            self.store(target.view, target.at, value)

    # -- values --------------------------------------------------------------------

    def value(self, node: Node, index: Index) -> Value:
        """Return the value of a node at an index, after the statements it needs.

        Raises:
            NotVector: elements of a vector do not lie side by side.
        """
        for memo in reversed(self._memo):
            if (node, index) in memo:
                return memo[node, index]
        value = self._known(node, index) or self._computed(node, index)
        self.remember(node, index, value)
        return value

    def remember(self, node: Node, index: Index, value: Value) -> None:
        """Remember the value of a node that was computed in another way."""
        self._memo[-1][node, index] = value

    def watched(self, node: Node, value: Value) -> None:
        """Append the checks of a computed node's value."""
        if self._context.watch:
            self._context.watch.computed(self, node, value)

    def element(self, node: Node, index: Index) -> str:
        """Return one element of a stored node, read where the text is used."""
        number = _number(node)
        if number is not None:
            return self._literal(number).text
        place = self._place(node, index)
        assert place is not None, "what is read out of order is stored"
        return self.load(*place, node.dtype).text

    def bounded(self, node: Node, position: int, index: Index, size: int) -> str:
        """Return an element of an operand of integers, forced into 0 … size - 1."""
        value = self.value(node.inputs[position], index)
        if value.vector:
            raise NotVector
        if self._context.watch is None:
            return value.text
        return self._context.watch.bounded(self, value.text, size, node)

    def aligned(self, node: Node, position: int, index: Index) -> Index:
        """Return where a node at an index reads an operand."""
        x = node.inputs[position]
        if index == FLAT:
            if all(size == 1 for size in x.shape):
                return ("0",) * x.ndim
            if isinstance(node.op, Elementwise) and x.shape == node.shape:
                return FLAT
            raise NotVector
        aligned = operand_index(node, position, index)
        assert aligned is not None
        return aligned

    def named(self, value: Value) -> Value:
        """Declare a variable for a value, and return it."""
        name = self.fresh()
        kind = self.ctype(value.dtype, value.vector)
        self.line(f"const {kind} {name} = {value.text};")
        return Value(name, value.dtype, value.vector)

    def _known(self, node: Node, index: Index) -> Value | None:
        number = _number(node)
        if number is not None:
            return self._literal(number)
        place = self._place(node, index)
        return None if place is None else self.named(self.load(*place, node.dtype))

    def _place(self, node: Node, index: Index) -> tuple[View, Index] | None:
        """Return where an element of a node lies, or the one number that it repeats."""
        base = _base(node)
        places = [(node, index)]
        if count(base) == 1:
            places.append((base, ("0",) * base.ndim))
        for stored, at in places:
            view = None if stored in self._computes else self._context.view(stored)
            if view is not None:
                return view, at
        return None

    def _literal(self, node: Constant) -> Value:
        """Return a constant of one element as a C literal."""
        number = node.value.reshape(()).item()
        if node.dtype == "bool":
            return Value("(-1)" if number else "0", "bool")
        if node.dtype == "int":
            return Value(f"({number}L)", "int")
        return Value(float_literal(number, self.floats), "float")

    def _computed(self, node: Node, index: Index) -> Value:
        kernel = self._context.kernels[_op_class(node)]
        if not isinstance(kernel, str):
            return kernel(self, node, index)
        operands = [
            self.value(x, self.aligned(node, k, index))
            for k, x in enumerate(node.inputs)
        ]
        value = self.named(self._applied(node, kernel, operands))
        self.watched(node, value)
        return value

    def _applied(self, node: Node, expression: str, operands: list[Value]) -> Value:
        """Return an elementwise op applied to values."""
        vector = any(value.vector for value in operands)
        dtypes = [self._dtype_within(node)] * len(operands)
        if isinstance(node.op, ops.Where):
            dtypes[0] = "bool"
        texts = [
            self.cast(value, dtype, vector)
            for value, dtype in zip(operands, dtypes, strict=True)
        ]
        text = self._evaluated(node, expression, texts, vector)
        if is_relation(node.op):
            text = text if vector else f"-({text})"
        elif node.dtype == "bool" and dtypes[-1] == "int":
            text = f"-(({text}) != 0)"
        return Value(text, node.dtype, vector)

    def _evaluated(
        self, node: Node, expression: str, texts: list[str], vector: bool
    ) -> str:
        """Return an expression of operands: of single numbers in a vector of them.

        Next to vectors a call for a single number costs PoCL ten times as much as one
        for a whole vector.
        """
        if vector or self.width == 1 or not calls_for_vectors(node, expression):
            return expression.format(*texts)
        wide = self.ctype("float", True)
        return f"({expression.format(*(f'({wide})({x})' for x in texts))}).s0"

    @staticmethod
    def _dtype_within(node: Node) -> Dtype:
        """Return the dtype that an elementwise op computes with."""
        if is_relation(node.op):
            return functools.reduce(widest, [x.dtype for x in node.inputs])
        if node.dtype == "bool" and type(node.op) not in MASKS:
            return "int"
        return node.dtype


def _number(node: Node) -> Constant | None:
    """Return the constant of one element that a node shows, in any shape, or None."""
    base = _base(node)
    return base if isinstance(base, Constant) and base.value.size == 1 else None


def _base(node: Node) -> Node:
    """Return the node whose elements a node shows."""
    while type(node.op) in VIEWS:
        node = node.inputs[0]
    return node


def _op_class(node: Node) -> type[Op]:
    assert node.op is not None
    return type(node.op)
