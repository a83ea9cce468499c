"""Algebra: what is equal and cheaper, and one normal form for the other rules to see.

Scalars are gathered (``(x · 2) · 3`` → ``x · 6``), signs pulled out, quotients written
(a · b) / c, broadcasting left to the ops that do it anyway, transposes put into matmul.
"""

from __future__ import annotations

from chainrule.node import Constant, Node
from chainrule.ops import (
    Add,
    BroadcastTo,
    Div,
    Elementwise,
    ExpandDims,
    Greater,
    Identity,
    Matmul,
    Mul,
    Neg,
    OneHot,
    Op,
    Pow,
    Reciprocal,
    Reshape,
    Slice,
    Square,
    Squeeze,
    StopGradient,
    Sub,
    Sum,
    ToFloat,
    Transpose,
    Where,
    add,
    div,
    mul,
    neg,
    square,
    sub,
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
from chainrule.program.passes.matching import is_zeros, number
from chainrule.program.rewrite import Rule, Rules
from chainrule.shapes import broadcast_shapes


def _broadcast(node: Node) -> Node | None:
    (x,) = node.inputs
    if isinstance(x.op, BroadcastTo):
        return BroadcastTo(node.shape)(x.inputs[0])  # type: ignore[arg-type]
    return _same_shape(node)


def _through(node: Node) -> Node | None:
    return node.inputs[0]


def _same_shape(node: Node) -> Node | None:
    return node.inputs[0] if node.inputs[0].shape == node.shape else None


def _plain_broadcasts(node: Node) -> Node | None:
    """Leave broadcasting to the elementwise op itself, where its result keeps shape."""
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


def _all_filled(node: Node) -> Node | None:
    """f(fill(a), b) = fill(f(a, b)) when every operand is one number repeated."""
    if node.shape == () or not node.op:
        return None
    scalars = [x.inputs[0] if isinstance(x.op, BroadcastTo) else x for x in node.inputs]
    if any(x.shape != () for x in scalars):
        return None
    return BroadcastTo(node.shape)(node.op(*scalars))  # type: ignore[arg-type]


def _add(node: Node) -> Node | None:
    a, b = node.inputs
    for x, y in ((a, b), (b, a)):
        if is_zeros(y) and x.shape == node.shape:
            return x
        if isinstance(y.op, Neg):
            return sub(x, y.inputs[0])
    return _factored(node)


def _sub(node: Node) -> Node | None:
    a, b = node.inputs
    if is_zeros(b) and a.shape == node.shape:
        return a
    if is_zeros(a) and b.shape == node.shape:
        return neg(b)
    if isinstance(b.op, Neg):
        return add(a, b.inputs[0])
    return _factored(node)


def _factored(node: Node) -> Node | None:
    """A · c ± b · c = (a ± b) · c for a number c."""
    a, b = node.inputs
    if isinstance(a.op, Mul) and isinstance(b.op, Mul) and node.op:
        (x, c), (y, d) = _scaled(a), _scaled(b)
        if c is not None and c == d and x.shape == y.shape == node.shape:
            return mul(node.op(x, y), c)
    return None


def _scaled(product: Node) -> tuple[Node, float | None]:
    """Return (x, c) if a product is x · c with a number c; (product, None) if not."""
    for x, c in (product.inputs, product.inputs[::-1]):
        value = number(c)
        if value is not None and c.shape == ():
            return x, value
    return product, None


def _mul(node: Node) -> Node | None:
    for a, b in (node.inputs, node.inputs[::-1]):
        if is_zeros(a) and a.shape == node.shape:
            return a
        value = number(b)
        if value is not None and a.dtype == "float" and a.shape == node.shape:
            if value == 1.0:
                return a
            if value == -1.0:
                return neg(a)
            if isinstance(a.op, Mul):
                x, c = _scaled(a)
                if c is not None and x.shape == node.shape:
                    return mul(x, c * value)
            if isinstance(a.op, Neg):
                return mul(a.inputs[0], -value)
        elif isinstance(b.op, Neg):
            return neg(mul(a, b.inputs[0]))
        elif (
            isinstance(b.op, Div)
            and b.shape == node.shape
            and number(b.inputs[1]) is None
        ):
            above, below = b.inputs
            return div(a if number(above) == 1.0 else mul(a, above), below)
        elif a is b:
            return square(a)
    return None


def _neg(node: Node) -> Node | None:
    (x,) = node.inputs
    if isinstance(x.op, Neg):
        return x.inputs[0]
    if isinstance(x.op, Sub):
        return sub(x.inputs[1], x.inputs[0])
    if isinstance(x.op, Mul):
        y, c = _scaled(x)
        if c is not None:
            return mul(y, -c)
    return None


def _div(node: Node) -> Node | None:
    a, b = node.inputs
    value = number(b)
    if value is not None and value not in (0.0,) and a.dtype == "float":
        if a.shape == node.shape:
            return mul(a, 1.0 / value)
    elif isinstance(a.op, Neg):
        return neg(div(a.inputs[0], b))
    elif is_zeros(a) and a.shape == node.shape:
        return a
    return None


def _reciprocal(node: Node) -> Node | None:
    return div(1.0, node.inputs[0])


def _pow(node: Node) -> Node | None:
    base, exponent = node.inputs[0], number(node.inputs[1])
    if exponent == 1.0 and base.shape == node.shape and base.dtype == "float":
        return base
    if exponent == 2.0 and base.shape == node.shape:
        return square(base)
    return None


def _square(node: Node) -> Node | None:
    (x,) = node.inputs
    return square(x.inputs[0]) if isinstance(x.op, Neg) else None


def _sum(node: Node) -> Node | None:
    (x,) = node.inputs
    op = node.op
    assert isinstance(op, Sum)
    if not op.axes:
        return x
    if isinstance(x.op, Mul):
        y, c = _scaled(x)
        single = node.shape == () or isinstance(y.op, OneHot)
        if c is not None and y.shape == x.shape and single:
            return mul(op(y), c)
    if isinstance(x.op, Neg):
        return neg(op(x.inputs[0]))
    if isinstance(x.op, OneHot) and op.axes == (x.ndim - 1,):
        return BroadcastTo(node.shape)(Constant(1.0))  # type: ignore[arg-type]
    value = number(x)
    if value is not None and x.dtype == "float":
        count = 1
        for axis in op.axes:
            count *= x.shape[axis] or 0
        filled = Constant(value * count)
        return BroadcastTo(node.shape)(filled) if node.shape else filled  # type: ignore[arg-type]
    return None


def _reshape(node: Node) -> Node | None:
    (x,) = node.inputs
    if x.shape == node.shape:
        return x
    if x.shape == ():
        return BroadcastTo(node.shape)(x)  # type: ignore[arg-type]
    if isinstance(x.op, (Reshape, ExpandDims, Squeeze)):
        return Reshape(node.shape)(x.inputs[0])
    return None


def _transpose(node: Node) -> Node | None:
    op, (x,) = node.op, node.inputs
    assert isinstance(op, Transpose)
    if op.axes == tuple(range(x.ndim)):
        return x
    if isinstance(x.op, Transpose):
        return Transpose(tuple(x.op.axes[a] for a in op.axes))(x.inputs[0])
    return None


def _matmul(node: Node) -> Node | None:
    """Put a transpose of the last two axes into the product's flags."""
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


def _same_dtype(node: Node) -> Node | None:
    return node.inputs[0] if node.inputs[0].dtype == "float" else None


_BROADCASTING: tuple[type[Elementwise], ...] = (
    Add, Sub, Mul, Div, Pow, Maximum, Minimum, Where, Equal, NotEqual, Less, LessEqual,
    Greater, GreaterEqual, LogicalAnd, LogicalOr,
)  # fmt: skip
_SPECIFIC: dict[type[Op], tuple[Rule, ...]] = {
    Add: (_add,), Sub: (_sub,), Mul: (_mul,), Div: (_div,), Neg: (_neg,),
    Pow: (_pow,), Square: (_square,), Reciprocal: (_reciprocal,), Sum: (_sum,),
    Identity: (_through,), StopGradient: (_through,), ToFloat: (_same_dtype,),
    BroadcastTo: (_broadcast,), Reshape: (_reshape,), ExpandDims: (_reshape,),
    Squeeze: (_reshape,), Slice: (_same_shape,), Transpose: (_transpose,),
    Matmul: (_matmul,),
}  # fmt: skip
RULES: Rules = {
    **dict.fromkeys(_BROADCASTING, (_all_filled, _plain_broadcasts)),
    **{
        op: rules + ((_all_filled, _plain_broadcasts) if op in _BROADCASTING else ())
        for op, rules in _SPECIFIC.items()
    },
}
