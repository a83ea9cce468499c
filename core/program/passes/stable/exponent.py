"""The logarithm of what is made of exponentials, without taking it.

eᶻ, Σ eᶻ, 1 + eᶻ, σ(z), softmax(z) and their products, quotients and powers are
positive, whatever z is, and their logarithms are expressions in z without overflow.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TypeAlias

from chainrule.node import Constant, Node
from chainrule.ops import (
    Add,
    BroadcastTo,
    Concatenate,
    Div,
    Exp,
    ExpandDims,
    Identity,
    LogSoftmax,
    LogSumExp,
    Mul,
    Op,
    Pick,
    Pow,
    Reciprocal,
    Reshape,
    Sigmoid,
    Slice,
    Softmax,
    Sqrt,
    Square,
    Squeeze,
    Sum,
    Take,
    Transpose,
    neg,
    softplus,
)  # fmt: skip
from chainrule.program.passes.domain import number

DEPTH = 6
"""How many ops deep an expression is looked into."""

Logarithm: TypeAlias = Callable[[Node, int], Node | None]


def exponent(x: Node, depth: int = DEPTH) -> Node | None:
    """Return ln x if x is made of exponentials and positive numbers, or None."""
    c = number(x)
    if c is not None:
        return Constant(math.log(c)) if 0 < c < math.inf else None
    rule = _RULES.get(type(x.op)) if depth else None  # type: ignore[arg-type]
    return rule(x, depth - 1) if rule else None


def _sum_of_two(x: Node, depth: int) -> Node | None:
    """Return ln(1 + eᵃ) = softplus(a), or ln(eᵃ + eᵇ) as logsumexp of both."""
    a, b = (exponent(part, depth) for part in x.inputs)
    if a is None or b is None:
        return None
    for one, z in ((a, b), (b, a)):
        if number(one) == 0.0:
            return softplus(z)
    rows = [BroadcastTo((1, *x.shape))(z) for z in (a, b)]  # type: ignore[arg-type]
    return LogSumExp((0,))(Concatenate(0)(*rows))


def _product(x: Node, depth: int) -> Node | None:
    """Return ln(eᵃ · eᵇ) = a + b."""
    a, b = (exponent(part, depth) for part in x.inputs)
    return None if a is None or b is None else a + b


def _quotient(x: Node, depth: int) -> Node | None:
    """Return ln(eᵃ / eᵇ) = a − b."""
    a, b = (exponent(part, depth) for part in x.inputs)
    return None if a is None or b is None else a - b


def _power(x: Node, depth: int) -> Node | None:
    """Return ln((eᵃ)ᶜ) = a · c for a number c."""
    a, c = exponent(x.inputs[0], depth), number(x.inputs[1])
    return None if a is None or c is None else a * c


def _times(c: float) -> Logarithm:
    def rule(x: Node, depth: int) -> Node | None:
        a = exponent(x.inputs[0], depth)
        return None if a is None else a * c

    return rule


def _total(x: Node, depth: int) -> Node | None:
    """Return ln Σ eᵃ = logsumexp(a)."""
    assert isinstance(x.op, Sum)
    a = exponent(x.inputs[0], depth)
    if a is None or a.shape != x.inputs[0].shape:
        return None
    return LogSumExp(x.op.axes, x.op.keepdims)(a)


def _moved(x: Node, depth: int) -> Node | None:
    """Return ln f(eᵃ) = f(a) for what only moves or repeats elements."""
    a = exponent(x.inputs[0], depth)
    if a is None or x.op is None or a.shape != x.inputs[0].shape:
        return None
    return x.op(a, *x.inputs[1:])


def _joined(x: Node, depth: int) -> Node | None:
    """Return ln [eᵃ, eᵇ] = [a, b]."""
    parts = [exponent(part, depth) for part in x.inputs]
    found = [a for a, part in zip(parts, x.inputs, strict=True)
             if a is not None and a.shape == part.shape]  # fmt: skip
    return x.op(*found) if x.op and len(found) == len(parts) else None


_MOVING: tuple[type[Op], ...] = (
    BroadcastTo, ExpandDims, Squeeze, Reshape, Transpose, Slice, Pick, Take,
)  # fmt: skip
_RULES: Mapping[type[Op], Logarithm] = {
    Exp: lambda x, depth: x.inputs[0] if x.inputs[0].dtype == "float" else None,
    Sigmoid: lambda x, depth: neg(softplus(neg(x.inputs[0]))),
    Softmax: lambda x, depth: LogSoftmax(x.op.axis)(x.inputs[0]),  # type: ignore[union-attr]
    Identity: lambda x, depth: exponent(x.inputs[0], depth),
    Add: _sum_of_two,
    Mul: _product,
    Div: _quotient,
    Reciprocal: _times(-1.0),
    Square: _times(2.0),
    Sqrt: _times(0.5),
    Pow: _power,
    Sum: _total,
    Concatenate: _joined,
    **dict.fromkeys(_MOVING, _moved),
}
