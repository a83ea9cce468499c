"""Stable forms: what overflows as written is computed in a form that does not.

So a user who writes ``-sum(t * log(softmax(z)))`` gets the loss through log_softmax and
the gradient softmax(z) − t. The rules see quotients in the form that
`chainrule.program.passes.algebra` gives them: (a · b) / c, never a · (b / c).
"""

from __future__ import annotations

from chainrule.node import Node
from chainrule.ops import (
    Add,
    Div,
    Exp,
    Log,
    Log1p,
    LogSoftmax,
    LogSumExp,
    Mul,
    Neg,
    Pick,
    Sigmoid,
    Softmax,
    Sub,
    Sum,
    exp,
    expand_dims,
    mul,
    neg,
    pick,
    reshape,
    sigmoid,
    softplus,
    sub,
)  # fmt: skip
from chainrule.program.passes.matching import factors, number, strip
from chainrule.program.rewrite import Rules


def _log(node: Node) -> Node | None:
    """Ln of softmax, of Σ exp, of σ and of 1 − σ."""
    (x,) = node.inputs
    if isinstance(x.op, Softmax):
        return LogSoftmax(x.op.axis)(x.inputs[0])
    if isinstance(x.op, Sum) and isinstance(x.inputs[0].op, Exp):
        return LogSumExp(x.op.axes, x.op.keepdims)(x.inputs[0].inputs[0])
    if isinstance(x.op, Sigmoid):
        return neg(softplus(neg(x.inputs[0])))
    if isinstance(x.op, Sub) and number(x.inputs[0]) == 1.0:
        inner = x.inputs[1]
        if isinstance(inner.op, Sigmoid) and inner.shape == x.shape:
            return neg(softplus(inner.inputs[0]))
    exponent = _one_plus_exp(x)
    return None if exponent is None else softplus(exponent)


def _log1p(node: Node) -> Node | None:
    """ln(1 + exp(x)) = softplus(x)."""
    (x,) = node.inputs
    return softplus(x.inputs[0]) if isinstance(x.op, Exp) else None


def _quotient(node: Node) -> Node | None:
    """exp(z) / Σ exp(z) = softmax(z); 1 / (1 + exp(−x)) = σ(x)."""
    top, bottom = node.inputs
    total = strip(bottom)
    if (
        isinstance(top.op, Exp)
        and isinstance(total.op, Sum)
        and total.inputs[0] is top
        and len(total.op.axes) == 1
        and _aligned(total, bottom)
    ):
        return Softmax(total.op.axes[0])(top.inputs[0])
    exponent = _one_plus_exp(bottom)
    if exponent is not None and number(top) == 1.0 and exponent.shape == node.shape:
        return sigmoid(neg(exponent))
    return None


def _product(node: Node) -> Node | None:
    """(a / Σ exp(z)) · exp(z) = a · exp(z − logsumexp(z)); a / (1 + e) · e = a · σ."""
    for quotient, e in (node.inputs, node.inputs[::-1]):
        inner = strip(quotient)
        if not isinstance(e.op, Exp) or not isinstance(inner.op, Div):
            continue
        above, below = inner.inputs
        z, total = e.inputs[0], strip(below)
        if isinstance(total.op, Sum) and total.inputs[0] is e:
            log_total = LogSumExp(total.op.axes, keepdims=True)(z)
            axes = total.op.axes
            weight = above
            if not total.op.keepdims and above.shape == total.shape and axes:
                weight = expand_dims(above, axes)
            return mul(weight, exp(sub(z, log_total)))
        if _one_plus_exp(below) is z:
            return mul(above, sigmoid(z))
    return None


def _odds(node: Node) -> Node | None:
    """… · σ(−z) · exp(z) = … · σ(z), which has no infinity in it."""
    parts = factors(node)
    for e in parts:
        if not isinstance(e.op, Exp):
            continue
        for s in parts:
            if isinstance(s.op, Sigmoid) and _opposite(s.inputs[0], e.inputs[0]):
                result = sigmoid(e.inputs[0])
                for other in parts:
                    if other is not e and other is not s:
                        result = mul(other, result)
                return result if result.shape == node.shape else None
    return None


def _opposite(a: Node, b: Node) -> bool:
    return any(isinstance(x.op, Neg) and x.inputs[0] is y for x, y in ((a, b), (b, a)))


def _reduced(node: Node) -> Node | None:
    """(a · y) / y = a."""
    above, below = node.inputs
    parts = factors(above)
    if len(parts) < 2 or below not in parts:
        return None
    parts.remove(below)
    result = parts[0]
    for part in parts[1:]:
        result = mul(result, part)
    return result if result.shape == node.shape else None


def _cancelled(node: Node) -> Node | None:
    """(a / y) · y = a, and (a / p + b / q) · (p · q) = a · q + b · p."""
    for total, product in (node.inputs, node.inputs[::-1]):
        result = _without_denominators(total, factors(product))
        if result is not None and result.shape == node.shape:
            return result
    return None


def _without_denominators(total: Node, product: list[Node]) -> Node | None:
    if isinstance(total.op, Div):
        above, below = total.inputs
        if below not in product:
            return None
        rest = list(product)
        rest.remove(below)
        result = above
        for factor in rest:
            result = mul(result, factor)
        return result
    if isinstance(total.op, Neg):
        inner = _without_denominators(total.inputs[0], product)
        return None if inner is None else neg(inner)
    if isinstance(total.op, (Add, Sub)):
        parts = [_without_denominators(part, product) for part in total.inputs]
        if parts[0] is not None and parts[1] is not None:
            return total.op(parts[0], parts[1])
    return None


def _pick(node: Node) -> Node | None:
    """log_softmax(z)[t] = z[t] − logsumexp(z): one logarithm for each row."""
    x, index = node.inputs
    if isinstance(x.op, LogSoftmax) and x.op.axis == x.ndim - 1:
        z = x.inputs[0]
        return sub(pick(z, index), LogSumExp((x.op.axis,))(z))
    return None


def _one_plus_exp(x: Node) -> Node | None:
    """Return z if x is 1 + exp(z)."""
    if isinstance(x.op, Add):
        for one, e in (x.inputs, x.inputs[::-1]):
            if number(one) == 1.0 and isinstance(e.op, Exp) and e.shape == x.shape:
                return e.inputs[0]
    return None


def _aligned(total: Node, bottom: Node) -> bool:
    """Whether a sum is divided by along the axis that it was taken over."""
    assert isinstance(total.op, Sum)
    kept = tuple(
        1 if i in total.op.axes else s for i, s in enumerate(total.inputs[0].shape)
    )
    if total.shape == () or total.op.keepdims:
        return True
    return reshape(total, kept).shape == bottom.shape


RULES: Rules = {
    Log: (_log,),
    Log1p: (_log1p,),
    Div: (_quotient, _reduced),
    Mul: (_cancelled, _odds, _product),
    Pick: (_pick,),
}
