"""Elementary functions and the nonlinearities that deserve a kernel of their own."""

from __future__ import annotations

import math

from chainrule.node import Node
from chainrule.ops.arithmetic import maximum, minimum, square
from chainrule.ops.base import Derivatives, Elementwise
from chainrule.ops.comparison import greater, less, to_float, where

__all__ = [
    "Cos", "Erf", "Exp", "Expm1", "Log1p", "LogCosh", "Relu", "Sigmoid", "Sin",
    "Softplus", "Tanh",
    "cos", "erf", "exp", "expm1", "log1p", "log_cosh", "relu", "sigmoid", "sin",
    "softplus", "tanh",
]  # fmt: skip


class Exp(Elementwise):
    """y = eˣ."""

    notation = "exp({0})"
    latex = r"\exp\left({0}\right)"
    result = "float"

    def derivatives(self, y: Node, x: Node) -> Derivatives:
        return (y,)


exp = Exp()


class Expm1(Elementwise):
    """y = eˣ − 1, exact for small x."""

    notation = "expm1({0})"
    latex = r"\operatorname{expm1}\left({0}\right)"
    result = "float"

    def derivatives(self, y: Node, x: Node) -> Derivatives:
        return (exp(x),)


expm1 = Expm1()


class Log1p(Elementwise):
    """y = ln(1 + x), exact for small x > −1."""

    notation = "log1p({0})"
    latex = r"\operatorname{log1p}\left({0}\right)"
    domain = ((-1.0, math.inf),)
    result = "float"

    def derivatives(self, y: Node, x: Node) -> Derivatives:
        return (1 / (1 + x),)


log1p = Log1p()


class Sin(Elementwise):
    """y = sin x."""

    notation = "sin({0})"
    latex = r"\sin\left({0}\right)"
    result = "float"

    def derivatives(self, y: Node, x: Node) -> Derivatives:
        return (cos(x),)


sin = Sin()


class Cos(Elementwise):
    """y = cos x."""

    notation = "cos({0})"
    latex = r"\cos\left({0}\right)"
    result = "float"

    def derivatives(self, y: Node, x: Node) -> Derivatives:
        return (-sin(x),)


cos = Cos()


class Tanh(Elementwise):
    """y = tanh(x)."""

    notation = "tanh({0})"
    latex = r"\tanh\left({0}\right)"
    result = "float"

    def derivatives(self, y: Node, x: Node) -> Derivatives:
        return (1 - square(y),)


tanh = Tanh()


class Sigmoid(Elementwise):
    """y = σ(x) = 1 / (1 + e⁻ˣ)."""

    notation = "σ({0})"
    latex = r"\sigma\left({0}\right)"
    result = "float"

    def derivatives(self, y: Node, x: Node) -> Derivatives:
        return (y * (1 - y),)


sigmoid = Sigmoid()


class Softplus(Elementwise):
    """y = ln(1 + eˣ), without overflow."""

    notation = "softplus({0})"
    latex = r"\operatorname{softplus}\left({0}\right)"
    result = "float"

    def derivatives(self, y: Node, x: Node) -> Derivatives:
        return (sigmoid(x),)

    def expand(self, x: Node) -> Node:
        return maximum(x, 0.0) + log1p(exp(-(abs(x))))


softplus = Softplus()


class LogCosh(Elementwise):
    """y = ln cosh(x), about x²/2 for small x and |x| − ln 2 for large x."""

    notation = "log_cosh({0})"
    latex = r"\ln\cosh\left({0}\right)"
    result = "float"

    def derivatives(self, y: Node, x: Node) -> Derivatives:
        return (tanh(x),)

    def expand(self, x: Node) -> Node:
        size = abs(x)
        near = -0.5 * log1p(-square(tanh(minimum(size, 1.0))))
        far = size + log1p(exp(-2 * size)) - math.log(2)
        return where(less(size, 1.0), near, far)


log_cosh = LogCosh()


class Relu(Elementwise):
    """y = max(x, 0); the derivative at 0 is 0, as in TensorFlow and PyTorch."""

    notation = "relu({0})"
    latex = r"\operatorname{relu}\left({0}\right)"
    result = "float"

    def derivatives(self, y: Node, x: Node) -> Derivatives:
        return (to_float(greater(x, 0.0)),)

    def expand(self, x: Node) -> Node:
        return maximum(x, 0.0)


relu = Relu()


class Erf(Elementwise):
    """y = erf(x) = 2/√π ∫₀ˣ e^(−t²) dt."""

    notation = "erf({0})"
    latex = r"\operatorname{erf}\left({0}\right)"
    result = "float"

    def derivatives(self, y: Node, x: Node) -> Derivatives:
        return (2 / math.sqrt(math.pi) * exp(-square(x)),)


erf = Erf()
