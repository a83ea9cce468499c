"""Sums, products, powers: elementwise, with broadcasting as in NumPy."""

from __future__ import annotations

import math

import numpy as np

from chainrule.arguments import checked
from chainrule.errors import ArgumentError
from chainrule.node import Constant, Node, Value, as_node
from chainrule.ops.base import POWER, PRODUCT, SUM, Derivatives, Elementwise, made
from chainrule.ops.comparison import (
    equal,
    greater,
    less,
    logical_and,
    logical_not,
    logical_or,
    to_float,
    where,
)

__all__ = [
    "Abs", "Add", "Clip", "Div", "Log", "Maximum", "Minimum", "Mul", "Neg", "Pow",
    "Reciprocal", "Sign", "Sqrt", "Square", "Sub",
    "abs", "add", "clip", "div", "log", "maximum", "minimum", "mul", "neg", "pow",
    "reciprocal", "sign", "sqrt", "square", "sub",
]  # fmt: skip


class Add(Elementwise):
    """y = a + b."""

    notation = "{0} + {1}"
    precedence = SUM
    associative = True

    def derivatives(self, y: Node, a: Node, b: Node) -> Derivatives:
        return 1, 1


add = Add()


class Sub(Elementwise):
    """y = a − b."""

    notation = "{0} − {1}"
    latex = "{0} - {1}"
    precedence = SUM

    def derivatives(self, y: Node, a: Node, b: Node) -> Derivatives:
        return 1, -1


sub = Sub()


class Mul(Elementwise):
    """y = a · b, element by element."""

    precedence = PRODUCT
    associative = True

    def written(self, node: Node) -> tuple[str, str]:
        arrays = all(x.ndim for x in node.inputs)
        return (
            ("{0} ⊙ {1}", r"{0} \odot {1}")
            if arrays
            else ("{0} · {1}", r"{0} \cdot {1}")
        )

    def derivatives(self, y: Node, a: Node, b: Node) -> Derivatives:
        return b, a


mul = Mul()


class Div(Elementwise):
    """y = a / b."""

    notation = "{0} / {1}"
    latex = r"\frac{{0}}{{1}}"
    precedence = PRODUCT
    domain = ((-math.inf, math.inf), (0.0, math.inf))
    result = "float"

    def derivatives(self, y: Node, a: Node, b: Node) -> Derivatives:
        return 1 / b, -y / b


div = Div()


class Neg(Elementwise):
    """y = −x."""

    notation = "−{0}"
    latex = "-{0}"
    precedence = PRODUCT - 1

    def derivatives(self, y: Node, x: Node) -> Derivatives:
        return (-1,)


neg = Neg()


class Pow(Elementwise):
    """y = aᵇ, for a > 0 or a constant b.

    The derivatives at a = b = 0 are 0, as in PyTorch.
    """

    notation = "{0}^{1}"
    latex = "{0}^{{1}}"
    precedence = POWER
    domain = ((0.0, math.inf), (-math.inf, math.inf))
    result = "float"

    def derivatives(self, y: Node, a: Node, b: Node) -> Derivatives:
        if isinstance(b, Constant):
            wanted = np.where(b.value == 0, 1, b.value)  # 0 · a⁻¹ is not 0 at a = 0
            return b * a ** (wanted - 1), None
        at_zero = logical_and(equal(a, 0.0), equal(b, 0.0))
        positive = greater(a, 0.0)
        log_a = where(positive, log(where(positive, a, 1.0)), 0.0)
        return b * a ** (where(at_zero, 1.0, b) - 1), y * log_a


@checked
def pow(a: Value, b: Value) -> Node:
    """Return aᵇ; b = 2 gives `square`, which is also right for negative a."""
    if isinstance(b, (int, float)) and b == 2:
        return square(a)
    return made(Pow)(a, b)


class Square(Elementwise):
    """y = x²."""

    notation = "{0}²"
    latex = "{0}^2"
    precedence = POWER

    def derivatives(self, y: Node, x: Node) -> Derivatives:
        return (2 * x,)


square = Square()


class Reciprocal(Elementwise):
    """y = 1 / x."""

    notation = "1 / {0}"
    latex = r"\frac 1{{0}}"
    precedence = PRODUCT
    domain = ((0.0, math.inf),)
    result = "float"

    def derivatives(self, y: Node, x: Node) -> Derivatives:
        return (-square(y),)


reciprocal = Reciprocal()


class Sqrt(Elementwise):
    """y = √x, x > 0."""

    notation = "√({0})"
    latex = r"\sqrt{{0}}"
    domain = ((0.0, math.inf),)
    result = "float"

    def derivatives(self, y: Node, x: Node) -> Derivatives:
        return (0.5 / y,)


sqrt = Sqrt()


class Abs(Elementwise):
    """y = |x|; the derivative at 0 is 0, as in TensorFlow and PyTorch."""

    notation = "|{0}|"
    latex = r"\left|{0}\right|"

    def derivatives(self, y: Node, x: Node) -> Derivatives:
        return (sign(x),)


abs = Abs()


class Sign(Elementwise):
    """y = −1, 0 or 1; its derivative is 0 everywhere."""

    notation = "sign({0})"
    latex = r"\operatorname{sign}\left({0}\right)"

    def derivatives(self, y: Node, x: Node) -> Derivatives:
        return (None,)


sign = Sign()


class Maximum(Elementwise):
    """y = max(a, b); a tie shares the gradient equally, as in PyTorch."""

    notation = "max({0}, {1})"
    latex = r"\max\left({0}, {1}\right)"
    takes = "bool"

    def derivatives(self, y: Node, a: Node, b: Node) -> Derivatives:
        tie = 0.5 * to_float(equal(a, b))
        return to_float(greater(a, b)) + tie, to_float(less(a, b)) + tie


maximum = Maximum()


class Minimum(Elementwise):
    """y = min(a, b); a tie shares the gradient equally, as in PyTorch."""

    notation = "min({0}, {1})"
    latex = r"\min\left({0}, {1}\right)"
    takes = "bool"

    def derivatives(self, y: Node, a: Node, b: Node) -> Derivatives:
        tie = 0.5 * to_float(equal(a, b))
        return to_float(less(a, b)) + tie, to_float(greater(a, b)) + tie


minimum = Minimum()


class Clip(Elementwise):
    """y = min(max(x, low), high); the derivative at a bound is 1, as in PyTorch."""

    notation = "clip({0}, {1}, {2})"
    latex = r"\operatorname{clip}\left({0}, {1}, {2}\right)"
    takes = "int"

    def derivatives(self, y: Node, x: Node, low: Node, high: Node) -> Derivatives:
        above, below = greater(x, high), less(x, low)
        crossed = greater(low, high)
        return (
            to_float(logical_not(logical_or(logical_or(above, below), crossed))),
            to_float(logical_and(below, logical_not(crossed))),
            to_float(logical_or(above, crossed)),
        )

    def expand(self, x: Node, low: Node, high: Node) -> Node:
        return minimum(maximum(x, low), high)


@checked
def clip(x: Value, low: Value | None = None, high: Value | None = None) -> Node:
    """Return x where low ≤ x ≤ high, and the nearer bound elsewhere.

    The derivative at a bound is 1, as in PyTorch and TensorFlow. Where low > high the
    result is high, as in NumPy.

    Raises:
        ArgumentError: there is neither a lower nor an upper bound.
    """
    x = as_node(x)
    whole = x.dtype != "float"
    if low is not None and high is not None:
        return Clip()(x, low, high)
    if high is not None:
        return minimum(x, high) if whole else Clip()(x, -math.inf, high)
    if low is not None:
        return maximum(x, low) if whole else Clip()(x, low, math.inf)
    raise ArgumentError("clip needs a bound: write cr.ops.clip(x, low, high)")


class Log(Elementwise):
    """y = ln x, x > 0."""

    notation = "ln({0})"
    latex = r"\ln\left({0}\right)"
    domain = ((0.0, math.inf),)
    result = "float"

    def derivatives(self, y: Node, x: Node) -> Derivatives:
        return (1 / x,)


log = Log()
