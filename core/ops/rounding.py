"""Rounding to integers; the derivative is 0 everywhere."""

from __future__ import annotations

from chainrule.node import Node
from chainrule.ops.base import Derivatives, Elementwise

__all__ = ["Ceil", "Floor", "Round", "ceil", "floor", "round"]


class Rounding(Elementwise):
    """An elementwise op whose result is a whole number, as a float."""

    result = "float"

    def derivatives(self, y: Node, x: Node) -> Derivatives:
        return (None,)


class Floor(Rounding):
    """y = ⌊x⌋, the largest integer ≤ x, as a float."""

    notation = "floor({0})"
    latex = r"\left\lfloor{0}\right\rfloor"


floor = Floor()


class Ceil(Rounding):
    """y = ⌈x⌉, the smallest integer ≥ x, as a float."""

    notation = "ceil({0})"
    latex = r"\left\lceil{0}\right\rceil"

    def expand(self, x: Node) -> Node:
        return -floor(-x)


ceil = Ceil()


class Round(Rounding):
    """y = the integer nearest to x, as a float; a half goes to the even one.

    So do NumPy, PyTorch and TensorFlow: 0.5 becomes 0, and 1.5 becomes 2.
    """

    notation = "round({0})"
    latex = r"\operatorname{round}\left({0}\right)"


round = Round()
