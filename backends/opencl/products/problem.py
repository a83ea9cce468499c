"""The problem that a kernel of a matrix product solves."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from chainrule import ops
from chainrule.backends.opencl.source.body import Body, KernelContext, Target
from chainrule.backends.opencl.source.fusion import Group
from chainrule.backends.opencl.source.index import LANE
from chainrule.backends.opencl.source.kernel_text import Value
from chainrule.backends.opencl.source.launch import Launch, launch_of
from chainrule.backends.opencl.source.layout import Floats, Slot, View, new_view, packed
from chainrule.node import Node
from chainrule.ops import Op
from chainrule.program.sizes import Sizes

WORTH = 1 << 22
"""Additions and multiplications from which it is worth to time several forms."""


@dataclass(frozen=True)
class Epilogue:
    """The epilogue of a product: what is computed while its elements are in registers.

    Attributes:
        context: shared with the other kernels of the phase.
        group: the product, and nodes that are computed from it element by element.
        targets: the nodes among them that are stored.
        column_sums: the sum over the rows of the right operand, and where it goes.
    """

    context: KernelContext
    group: Group
    targets: Sequence[Target]
    column_sums: tuple[Node, View] | None = None

    @property
    def product(self) -> Node:
        """The product itself."""
        assert self.group.product is not None
        return self.group.product

    def filled(self, fill: Callable[[Body], None], widths: Sequence[int]) -> Body:
        """Return the body that `fill` fills, of the first width that fits."""
        filled = self.context.filled(fill, widths, computes=self.group.members)
        assert filled is not None, "single elements can always be computed"
        return filled[0]

    @contextmanager
    def row(self, body: Body, head: str, row: str) -> Iterator[None]:
        """Append a block for one row of the result, which has the number `row`."""
        with body.block(head):
            body.row_indices(self.group.shape[:-1], row)
            yield

    def finish(self, body: Body, text: str) -> None:
        """Append the code that finishes an element, or a vector, of the product."""
        value = Value(text, "float", body.width > 1)
        body.remember(self.product, self.group.full, value)
        body.watched(self.product, value)
        body.store_all(self.targets)

    def finish_column_sums(self, body: Body, text: str) -> None:
        """Append the code that finishes a column sum, or a vector of them."""
        assert self.column_sums is not None
        node, view = self.column_sums
        columns = self.group.shape[-1]
        lane = LANE if columns > 1 else "0"
        index = tuple(lane if size == columns else "0" for size in view.shape)
        value = Value(text, "float", body.width > 1)
        body.watched(node, value)
        body.store(view, index, value)

    def launch(
        self,
        body: Body,
        items: tuple[int, int, int],
        group: tuple[int, int, int],
        effort: float = math.inf,
        *,
        fixed_group: bool = False,
    ) -> Launch:
        """Return the launch of a kernel that computes the product and its epilogue."""
        nodes = [*self.group.members]
        if self.column_sums:
            nodes.append(self.column_sums[0])
        made = launch_of(body, self.group.label, nodes, items, group, effort)
        return replace(made, fixed_group=fixed_group)


@dataclass(frozen=True)
class Problem:
    """C = A B for M × K times K × N, as often as `batch` says; A, B in any layout.

    Attributes:
        floats: the C type of all elements.
        a: the left operand, with an axis for each one of the batch.
        b: the right operand, likewise.
        m: rows of A and C.
        n: columns of B and C.
        k: columns of A, and rows of B.
        rows: which rows A has, of the array that it begins; None for its first ones.
            Those of a transposed A are its columns.
    """

    epilogue: Epilogue
    floats: Floats
    a: View
    b: View
    batch: Sizes
    m: int
    n: int
    k: int
    rows: View | None = None

    @property
    def flops(self) -> int:
        """Additions and multiplications."""
        return 2 * self.m * self.n * self.k * math.prod(self.batch)

    @property
    def itemsize(self) -> int:
        """Bytes of an element."""
        return 8 if self.floats == "double" else 4

    def operand(self, body: Body, view: View) -> str:
        """Return where A or B begins, in the product of the batch that is computed."""
        terms, step = [body.argument(view.pointer)], math.prod(self.batch)
        for axis, size in enumerate(self.batch):
            step //= max(size, 1)
            if view.strides[axis]:
                terms.append(f"(batch / {step} % {size}) * {view.strides[axis]}L")
        return " + ".join(terms)

    def row(self, number: str) -> str:
        """Return where in A a row begins, after its start."""
        if self.rows is not None and not self.turned:
            number = f"rows[{number}]"
        return f"{number} * {self.a.strides[-2]}L"

    def column(self, number: str) -> str:
        """Return where in A a column begins, after its start."""
        if self.rows is not None and self.turned:
            number = f"rows[{number}]"
        stride = self.a.strides[-1]
        return number if stride == 1 else f"(long){number} * {stride}"

    @property
    def turned(self) -> bool:
        """Whether A is transposed."""
        return self.a.strides[-1] != 1

    def alone(self) -> Problem:
        """Return the same product without its epilogue, in memory of its own."""
        node, group = self.epilogue.product, self.epilogue.group
        context = KernelContext(self.floats, 1, lambda node: None, {})
        plain = Group(0, group.shape, {node: group.full}, node)
        target = Target(node, group.full, new_view(self.floats, group.shape))
        return replace(
            self,
            epilogue=Epilogue(context, plain, [target]),
            a=_elsewhere(self.a),
            b=_elsewhere(self.b),
            rows=None,
        )


def problem_of(epilogue: Epilogue, a: View, b: View) -> Problem:
    """Return the problem of multiplying two operands, transposed as the op says."""
    op = epilogue.product.op
    assert isinstance(op, ops.Matmul)
    a = _transposed(a) if op.transpose_a else a
    b = _transposed(b) if op.transpose_b else b
    *batch, m, n = epilogue.group.shape
    if len(b.shape) == 2 and a.contiguous and not op.transpose_a:
        m, batch = m * math.prod(batch), []
        a = packed(a.slot, a.ctype, (m, a.shape[-1]), a.offset)
    shape = tuple(batch)
    return Problem(
        epilogue=epilogue,
        floats=epilogue.context.floats,
        a=_repeated(a, shape),
        b=_repeated(b, shape),
        batch=shape,
        m=m,
        n=n,
        k=a.shape[-1],
    )


def _transposed(view: View) -> View:
    axes = [*range(len(view.shape))]
    axes[-2:] = axes[-1], axes[-2]
    shape = tuple(view.shape[axis] for axis in axes)
    return _viewed(view, ops.Transpose(tuple(axes)), shape)


def _repeated(view: View, batch: Sizes) -> View:
    """Return an operand with the axes of the batch, along which it may be repeated."""
    shape = (*batch, *view.shape[-2:])
    repeated = _viewed(view, ops.BroadcastTo(shape), shape)
    return replace(repeated, strides=(*repeated.strides[:-2], *view.strides[-2:]))


def _viewed(view: View, op: Op, shape: Sizes) -> View:
    viewed = view.view_of(op, shape)
    assert viewed is not None
    return viewed


def _elsewhere(view: View) -> View:
    """Return a view of the same form in a slot of its own."""
    last = view.span.stop - view.offset
    slot = Slot(last * view.dtype.itemsize)
    return replace(view, slot=slot, offset=0)
