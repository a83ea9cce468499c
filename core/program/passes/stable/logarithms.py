"""Logarithms of what is made of exponentials."""

from __future__ import annotations

from chainrule.node import Node
from chainrule.ops import (
    Log,
    Log1p,
    exp,
    log,
    log1p,
    mean,
    sigmoid,
    softmax,
    softplus,
    sqrt,
    square,
)  # fmt: skip
from chainrule.ops import sum as sum_over
from chainrule.program.passes.domain import number
from chainrule.program.passes.rule import Source, law, rule
from chainrule.program.passes.stable.exponent import exponent


def of_exponentials(some: Source, z: Node) -> Node:
    """Build something that is positive because exponentials are."""
    e = exp(z)
    return some.pick([
        e, softmax(z), sigmoid(z), 1 + e, 1 / (1 + exp(-z)),
        exp(some.like(z)) + e, e / (1 + e), e * 0.25, square(1 + e), sqrt(e),
        sum_over(e, some.pick([None, 0, -1]), keepdims=some.pick([False, True])),
        mean(e), e / sum_over(e, -1, keepdims=True), softmax(z)[..., 0],
    ])  # fmt: skip


@rule(Log, example=lambda some: log(of_exponentials(some, some.array())))
def _of_exponentials(node: Node) -> Node | None:
    """Ln of what is made of exponentials, such as ln Σ eᶻ = logsumexp(z)."""
    (x,) = node.inputs
    result = exponent(x)
    if result is None or number(x) is not None or result.shape != node.shape:
        return None
    return result


@rule(Log1p, example=lambda some: log1p(of_exponentials(some, some.array())))
def _one_plus(node: Node) -> Node | None:
    """ln(1 + eᶻ) = softplus(z) as log1p."""
    (x,) = node.inputs
    z = None if number(x) is not None else exponent(x)
    return None if z is None or z.shape != node.shape else softplus(z)


LOGARITHMS = (
    _of_exponentials,
    _one_plus,
    law(
        "ln(1 − σ(z)) = −softplus(z)",
        lambda z: log(1.0 - sigmoid(z)),
        lambda z: -softplus(z),
    ),
    law(
        "log1p(−σ(z)) = −softplus(z)",
        lambda z: log1p(-sigmoid(z)),
        lambda z: -softplus(z),
    ),
)
