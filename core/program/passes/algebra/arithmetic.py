"""Sums, products and powers of elements."""

from __future__ import annotations

from chainrule.node import Node
from chainrule.ops import Pow, reciprocal, square
from chainrule.program.passes.domain import LARGEST, bound, is_normal
from chainrule.program.passes.rule import law

_power = Pow()


def _can_be_gathered(x: Node, y: Node, c: float) -> bool:
    """Whether x + y cannot overflow where x · c + y · c does not."""
    return abs(c) >= 1 or bound(x) + bound(y) <= LARGEST


ARITHMETIC = (
    law("x + 0 = x", lambda x: x + 0.0, lambda x: x),
    law("x − 0 = x", lambda x: x - 0.0, lambda x: x),
    law("0 − x = −x", lambda x: 0.0 - x, lambda x: -x),
    law("x + (−y) = x − y", lambda x, y: x + (-y), lambda x, y: x - y),
    law("x − (−y) = x + y", lambda x, y: x - (-y), lambda x, y: x + y),
    law("x · 1 = x", lambda x: x * 1.0, lambda x: x),
    law("x · (−1) = −x", lambda x: x * -1.0, lambda x: -x),
    law("−(−x) = x", lambda x: -(-x), lambda x: x),
    law("−(x − y) = y − x", lambda x, y: -(x - y), lambda x, y: y - x),
    law("−(x · c) = x · (−c)", lambda x, c: -(x * c), lambda x, c: x * -c),
    law("(−x) · c = x · (−c)", lambda x, c: (-x) * c, lambda x, c: x * -c),
    law("x · (−y) = −(x · y)", lambda x, y: x * (-y), lambda x, y: -(x * y)),
    law("(−x) / y = −(x / y)", lambda x, y: (-x) / y, lambda x, y: -(x / y)),
    law("(−x)² = x²", lambda x: square(-x), lambda x: square(x)),
    law("x · x = x²", lambda x: x * x, lambda x: square(x)),
    law("x¹ = x", lambda x: _power(x, 1.0), lambda x: x),
    law("x² = x · x", lambda x: _power(x, 2.0), lambda x: square(x)),
    law("reciprocal(x) = 1 / x", lambda x: reciprocal(x), lambda x: 1.0 / x),
    law("x · (1 / y) = x / y", lambda x, y: x * (1.0 / y), lambda x, y: x / y),
    law(
        "(x · c) · d = x · (c d), for a normal number c d",
        lambda x, c, d: (x * c) * d,
        lambda x, c, d: x * (c * d),
        lambda c, d: is_normal(c * d),
    ),
    law(
        "x / c = x · (1 / c), for normal numbers c and 1 / c",
        lambda x, c: x / c,
        lambda x, c: x * (1 / c),
        lambda c: is_normal(c) and is_normal(1 / c),
    ),
    law(
        "x · c + y · c = (x + y) · c, for |c| ≥ 1 or small x and y",
        lambda x, y, c: x * c + y * c,
        lambda x, y, c: (x + y) * c,
        _can_be_gathered,
    ),
    law(
        "x · c − y · c = (x − y) · c, for |c| ≥ 1 or small x and y",
        lambda x, y, c: x * c - y * c,
        lambda x, y, c: (x - y) * c,
        _can_be_gathered,
    ),
)
