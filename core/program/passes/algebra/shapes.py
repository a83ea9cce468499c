"""Ops that only change shapes, and broadcasting."""

from __future__ import annotations

from chainrule.node import Node
from chainrule.ops import (
    Add,
    BroadcastTo,
    Div,
    Elementwise,
    ExpandDims,
    Greater,
    Matmul,
    Mul,
    Pow,
    Reshape,
    Slice,
    Squeeze,
    Sub,
    Transpose,
    Where,
    broadcast_to,
    expand_dims,
    matmul,
    reshape,
    transpose,
)  # fmt: skip
from chainrule.ops.arithmetic import Maximum, Minimum
from chainrule.ops.comparison import (
    Equal,
    GreaterEqual,
    Less,
    LessEqual,
    LogicalAnd,
    LogicalOr,
    NotEqual,
)  # fmt: skip
from chainrule.program.passes.rule import Source, rule
from chainrule.shapes import broadcast_shapes

_BROADCASTING: tuple[type[Elementwise], ...] = (
    Add, Sub, Mul, Div, Pow, Maximum, Minimum, Where, Equal, NotEqual, Less, LessEqual,
    Greater, GreaterEqual, LogicalAnd, LogicalOr,
)  # fmt: skip


def _repeated(some: Source) -> Node:
    return broadcast_to(some.array(1), (2, 3))


def _repeated_and_met(some: Source) -> Node:
    x = _repeated(some)
    return some.pick([x + some.like(x), some.like(x) - x, x * x])


def _numbers_repeated(some: Source) -> Node:
    x = broadcast_to(some.number(), (2, 3))
    return some.pick([x * broadcast_to(some.number(), (2, 3)), x + some.number()])


@rule(BroadcastTo, example=lambda some: broadcast_to(_repeated(some), (2, 2, 3)))
def _broadcast_twice(node: Node) -> Node | None:
    """broadcast(broadcast(x)) = broadcast(x)."""
    (x,) = node.inputs
    if not isinstance(x.op, BroadcastTo):
        return None
    return BroadcastTo(node.shape)(x.inputs[0])  # type: ignore[arg-type]


@rule(
    BroadcastTo, Reshape, ExpandDims, Squeeze, Slice,
    example=lambda some: reshape(some.array(2), some.pick([(-1, 3), (-1,)])),
)  # fmt: skip
def _same_shape(node: Node) -> Node | None:
    """f(x) = x for what keeps the shape."""
    (x,) = node.inputs
    return x if x.shape == node.shape else None


@rule(*_BROADCASTING, example=_numbers_repeated)
def _of_repeated(node: Node) -> Node | None:
    """f(broadcast(x), broadcast(y)) = broadcast(f(x, y)) for scalars x and y."""
    if node.shape == () or node.op is None:
        return None
    scalars = [x.inputs[0] if isinstance(x.op, BroadcastTo) else x for x in node.inputs]
    if any(x.shape != () for x in scalars):
        return None
    return BroadcastTo(node.shape)(node.op(*scalars))  # type: ignore[arg-type]


@rule(*_BROADCASTING, example=_repeated_and_met)
def _broadcasts_anyway(node: Node) -> Node | None:
    """f(broadcast(x), y) = f(x, y), where the result keeps its shape."""
    for i, x in enumerate(node.inputs):
        if isinstance(x.op, BroadcastTo):
            inputs = list(node.inputs)
            inputs[i] = x.inputs[0]
            shape = inputs[0].shape
            for other in inputs[1:]:
                shape = broadcast_shapes(shape, other.shape) or ()
            if shape == node.shape and node.op:
                return node.op(*inputs)
    return None


@rule(
    Reshape, ExpandDims, Squeeze,
    example=lambda some: reshape(expand_dims(some.array(1), 0), (-1,)),
)  # fmt: skip
def _reshape_twice(node: Node) -> Node | None:
    """reshape(reshape(x)) = reshape(x)."""
    (x,) = node.inputs
    if x.shape == ():
        return BroadcastTo(node.shape)(x)  # type: ignore[arg-type]
    if isinstance(x.op, (Reshape, ExpandDims, Squeeze)):
        return Reshape(node.shape)(x.inputs[0])
    return None


def _turned_twice(some: Source) -> Node:
    orders = [(0, 1), (1, 0)]
    return transpose(transpose(some.array(2), some.pick(orders)), some.pick(orders))


@rule(Transpose, example=_turned_twice)
def _transpose_twice(node: Node) -> Node | None:
    """(xᵀ)ᵀ = x."""
    op, (x,) = node.op, node.inputs
    assert isinstance(op, Transpose)
    if op.axes == tuple(range(x.ndim)):
        return x
    if isinstance(x.op, Transpose):
        return Transpose(tuple(x.op.axes[a] for a in op.axes))(x.inputs[0])
    return None


def _product_of_transposes(some: Source) -> Node:
    a, b = some.array(2), some.array(2)
    a = some.pick([transpose(a), a])
    return matmul(a, transpose(b)) if a.shape[1] == b.shape[1] else matmul(a, a.T)


@rule(Matmul, example=_product_of_transposes)
def _transposed_product(node: Node) -> Node | None:
    """A transpose of the last two axes becomes a flag of the product."""
    op, (a, b) = node.op, node.inputs
    assert isinstance(op, Matmul)
    if _swaps(a):
        return Matmul(not op.transpose_a, op.transpose_b)(a.inputs[0], b)
    if _swaps(b):
        return Matmul(op.transpose_a, not op.transpose_b)(a, b.inputs[0])
    return None


def _swaps(x: Node) -> bool:
    if not isinstance(x.op, Transpose):
        return False
    straight = tuple(range(x.ndim))
    return x.op.axes == (*straight[:-2], straight[-1], straight[-2])


SHAPES = (
    _broadcast_twice, _same_shape, _of_repeated, _broadcasts_anyway, _reshape_twice,
    _transpose_twice, _transposed_product,
)  # fmt: skip
