"""Quotients of exponentials: σ, tanh, and what has no name."""

from __future__ import annotations

from chainrule.node import Node
from chainrule.ops import Div, div, exp, expm1, sigmoid, square, tanh
from chainrule.ops import sum as sum_over
from chainrule.program.passes.domain import is_normal, number
from chainrule.program.passes.rule import Source, law, rule
from chainrule.program.passes.stable.exponent import exponent
from chainrule.program.passes.stable.logarithms import of_exponentials
from chainrule.program.passes.stable.softmax import total_of


def _some_quotient(some: Source) -> Node:
    z = some.array()
    total = sum_over(exp(z), some.pick([None, 0, -1]), keepdims=True)
    above: list[Node | float] = [1.0, 2.0, exp(some.like(z)), of_exponentials(some, z)]
    return div(some.pick(above), some.pick([total, of_exponentials(some, z)]))


@rule(Div, example=_some_quotient)
def _quotient(node: Node) -> Node | None:
    """eᵃ / eᵇ = eᵃ⁻ᵇ, for all that is made of exponentials."""
    above, below = node.inputs
    one_over_a_sum = number(above) is not None and total_of(below) is not None
    if number(below) is not None or one_over_a_sum:  # a factor may come, for a softmax
        return None
    b = exponent(below)
    a = None if b is None else exponent(above)
    if a is None or b is None:
        return None
    result = exp(a - b)
    return result if result.shape == node.shape else None


SLOPES = (
    law(
        "1 − σ(z) = σ(−z)",
        lambda z: 1.0 - sigmoid(z),
        lambda z: sigmoid(-z),
    ),
    law(
        "1 − tanh(z)² = 4 · σ(2 z) · σ(−2 z)",
        lambda z: 1.0 - square(tanh(z)),
        lambda z: 4.0 * (sigmoid(2.0 * z) * sigmoid(-2.0 * z)),
    ),
)
"""What is applied to derivatives of stable forms only, as it costs an exponential.

The forms as written keep all digits of small derivatives, far from zero."""

QUOTIENTS = (
    law(
        "(exp(y) − exp(z)) / (exp(y) + exp(z)) = tanh((y − z) / 2)",
        lambda y, z: (exp(y) - exp(z)) / (exp(y) + exp(z)),
        lambda y, z: tanh((y - z) * 0.5),
    ),
    law(
        "(c · (exp(y) − exp(z))) / (c · (exp(y) + exp(z))) = tanh((y − z) / 2)",
        lambda y, z, c: (c * (exp(y) - exp(z))) / (c * (exp(y) + exp(z))),
        lambda y, z, c: tanh((y - z) * 0.5),
        lambda c: is_normal(c),
    ),
    law(
        "(exp(z) − 1) / (1 + exp(z)) = tanh(z / 2)",
        lambda z: (exp(z) - 1.0) / (1.0 + exp(z)),
        lambda z: tanh(z * 0.5),
    ),
    law(
        "expm1(z) / (1 + exp(z)) = tanh(z / 2)",
        lambda z: expm1(z) / (1.0 + exp(z)),
        lambda z: tanh(z * 0.5),
    ),
    law(
        "(1 − exp(z)) / (1 + exp(z)) = −tanh(z / 2)",
        lambda z: (1.0 - exp(z)) / (1.0 + exp(z)),
        lambda z: -tanh(z * 0.5),
    ),
    law(
        "exp(z) / (1 + exp(z)) = σ(z)",
        lambda z: exp(z) / (1.0 + exp(z)),
        lambda z: sigmoid(z),
    ),
    law(
        "(x · exp(z)) / (1 + exp(z)) = x · σ(z)",
        lambda x, z: (x * exp(z)) / (1.0 + exp(z)),
        lambda x, z: x * sigmoid(z),
    ),
    law(
        "x / (1 + exp(z)) = x · σ(−z)",
        lambda x, z: x / (1.0 + exp(z)),
        lambda x, z: x * sigmoid(-z),
    ),
    law(
        "exp(z) · σ(−z) = σ(z)",
        lambda z: exp(z) * sigmoid(-z),
        lambda z: sigmoid(z),
    ),
    law(
        "exp(−z) · σ(z) = σ(−z)",
        lambda z: exp(-z) * sigmoid(z),
        lambda z: sigmoid(-z),
    ),
    law(
        "(x · σ(−z)) · exp(z) = x · σ(z)",
        lambda x, z: (x * sigmoid(-z)) * exp(z),
        lambda x, z: x * sigmoid(z),
    ),
    law(
        "(x · σ(z)) · exp(−z) = x · σ(−z)",
        lambda x, z: (x * sigmoid(z)) * exp(-z),
        lambda x, z: x * sigmoid(-z),
    ),
    _quotient,
)
