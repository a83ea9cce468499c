"""Matrix products, with what is computed from their elements at once.

On a processor a work item computes tiles of a few rows and vectors of columns, held in
registers; on a GPU a work group shares tiles of both operands in local memory. Either
way the product's elements are finished where they are: see `Finish`.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from chainrule import ops
from chainrule.backends.opencl.device.runtime import Runtime
from chainrule.backends.opencl.products import cpu, gpu
from chainrule.backends.opencl.products.tuning import choose
from chainrule.backends.opencl.source.body import Body
from chainrule.backends.opencl.source.code import Value
from chainrule.backends.opencl.source.fusion import Group
from chainrule.backends.opencl.source.launch import Step
from chainrule.backends.opencl.source.layout import Slot, View, packed, view_of
from chainrule.backends.opencl.source.rows import MakeBody, Target, row_indices, store
from chainrule.node import Node


@dataclass(frozen=True)
class Finish:
    """What becomes of a product's elements.

    Attributes:
        make: returns an empty body of some width.
        group: the product, and nodes that are computed from it element by element.
        targets: the nodes among them that are stored.
        total: the sum over the rows of the right operand, and where it goes.
    """

    make: MakeBody
    group: Group
    targets: Sequence[Target]
    total: tuple[Node, View] | None = None

    @property
    def product(self) -> Node:
        """The product itself."""
        assert self.group.product is not None
        return self.group.product

    @property
    def label(self) -> str:
        """The ops of the group."""
        names = [n.op.type_name for n in self.group.members if n.op]
        return "_".join(dict.fromkeys(names))[:40]

    def body(self, width: int) -> Body:
        """Return an empty body that computes the group, rather than reads it."""
        body = self.make(width)
        body.own = self.group.members
        return body

    def plain(self, ctype: str) -> Finish:
        """Return what only stores the product, in memory of its own."""
        node, shape, full = self.product, self.group.shape, self.group.full
        size = 8 if ctype == "double" else 4
        place = packed(Slot(size * math.prod(shape)), ctype, shape)
        group = Group(0, shape, {node: full}, node)
        return Finish(functools.partial(_alone, ctype), group, [(node, full, place)])

    @contextmanager
    def row(self, body: Body, head: str, row: str) -> Iterator[None]:
        """Write a block for one row of the result, which has the number `row`."""
        with body.block(head):
            row_indices(body, self.group.shape[:-1], row)
            yield

    def write(self, body: Body, text: str) -> None:
        """Write what is done with an element, or a vector, of the product."""
        value = Value(text, "float", body.width > 1)
        body.remember(self.product, self.group.full, value)
        if body.after:
            body.after(self.product, value)
        store(body, self.targets)


def _alone(ctype: str, width: int) -> Body:
    """Return a body in which no node is stored but the one that is computed."""
    return Body(ctype, width, lambda node: None, lambda node: None, {})


@dataclass(frozen=True)
class Problem:
    """C = A B for M × K times K × N, as often as `batch` says; A, B in any layout."""

    finish: Finish
    a: View
    b: View
    ctype: str
    batch: tuple[int, ...]
    m: int
    n: int
    k: int

    @property
    def flops(self) -> int:
        """Additions and multiplications."""
        return 2 * self.m * self.n * self.k * math.prod(self.batch)


def write(runtime: Runtime, finish: Finish, a: View, b: View) -> Step:
    """Write the step of a product."""
    problem = _problem(finish, a, b)
    if not runtime.on_cpu and runtime.largest_group >= gpu.ITEMS:
        return gpu.write(problem)
    return cpu.write(runtime, problem, choose(runtime, problem, cpu.write))


def _problem(finish: Finish, a: View, b: View) -> Problem:
    op = finish.product.op
    assert isinstance(op, ops.Matmul)
    a = _swapped(a) if op.transpose_a else a
    b = _swapped(b) if op.transpose_b else b
    *batch, m, n = finish.group.shape
    if len(b.shape) == 2 and a.contiguous and not op.transpose_a:
        m, batch = m * math.prod(batch), []
        a = packed(a.slot, a.ctype, (m, a.shape[-1]), a.offset)
    shape = tuple(batch)
    a, b = (_repeated(x, shape) for x in (a, b))
    return Problem(finish, a, b, a.ctype, shape, m, n, a.shape[-1])


def _swapped(view: View) -> View:
    axes = list(range(len(view.shape)))
    axes[-2:] = axes[-1], axes[-2]
    shape = tuple(view.shape[a] for a in axes)
    swapped = view_of(ops.Transpose(tuple(axes)), view, shape)
    assert swapped is not None
    return swapped


def _repeated(view: View, batch: tuple[int, ...]) -> View:
    shape = (*batch, *view.shape[-2:])
    repeated = view_of(ops.BroadcastTo(shape), view, shape)
    assert repeated is not None
    return replace(repeated, strides=(*repeated.strides[:-2], *view.strides[-2:]))
