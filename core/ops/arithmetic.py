"""Sums, products, powers: elementwise, with broadcasting as in NumPy."""

from __future__ import annotations

import math

import numpy as np

from chainrule.arguments import checked
from chainrule.node import Constant, Node, Value
from chainrule.ops.base import POWER, PRODUCT, SUM, Derivatives, Elementwise, made
from chainrule.ops.comparison import equal, greater, less, to_float, where

__all__ = [
    "Abs", "Add", "Div", "Log", "Maximum", "Minimum", "Mul", "Neg", "Pow",
    "Reciprocal", "Sign", "Sqrt", "Square", "Sub",
    "abs", "add", "div", "log", "maximum", "minimum", "mul", "neg", "pow",
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
    """y = aᵇ, for a > 0 or a constant b."""

    notation = "{0}^{1}"
    latex = "{0}^{{1}}"
    precedence = POWER
    domain = ((0.0, math.inf), (-math.inf, math.inf))
    result = "float"

    def derivatives(self, y: Node, a: Node, b: Node) -> Derivatives:
        if isinstance(b, Constant):
            wanted = np.where(b.value == 0, 1, b.value)  # 0 · a⁻¹ is not 0 at a = 0
            return b * a ** (wanted - 1), None
        positive = greater(a, 0.0)
        log_a = where(positive, log(where(positive, a, 1.0)), 0.0)
        return b * a ** (b - 1), y * log_a


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


class Log(Elementwise):
    """y = ln x, x > 0."""

    notation = "ln({0})"
    latex = r"\ln\left({0}\right)"
    domain = ((0.0, math.inf),)
    result = "float"

    def derivatives(self, y: Node, x: Node) -> Derivatives:
        return (1 / x,)


log = Log()
