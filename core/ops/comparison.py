"""Comparison, logic and selection; no gradient flows through a condition."""

from __future__ import annotations

from chainrule.dtypes import Dtype
from chainrule.errors import ShapeError
from chainrule.node import Node, describe
from chainrule.ops.base import SUM, Derivatives, Elementwise, Gradients
from chainrule.shapes import Shape

__all__ = [
    "Equal", "Greater", "GreaterEqual", "IsFinite", "Less", "LessEqual",
    "LogicalAnd", "LogicalNot", "LogicalOr", "NotEqual", "ToFloat", "ToInt",
    "Where",
    "equal", "greater", "greater_equal", "is_finite", "less", "less_equal",
    "logical_and", "logical_not", "logical_or", "not_equal", "to_float", "to_int",
    "where",
]  # fmt: skip


class Condition(Elementwise):
    """An elementwise op of two operands whose result is a truth value."""

    result = "bool"
    precedence = SUM - 1

    def derivatives(self, y: Node, a: Node, b: Node) -> Derivatives:
        return None, None


class Equal(Condition):
    """y = (a = b)."""

    notation = "{0} = {1}"


equal = Equal()


class NotEqual(Condition):
    """y = (a ≠ b)."""

    notation = "{0} ≠ {1}"
    latex = r"{0} \ne {1}"


not_equal = NotEqual()


class Less(Condition):
    """y = (a < b)."""

    notation = "{0} < {1}"
    takes = "int"


less = Less()


class LessEqual(Condition):
    """y = (a ≤ b)."""

    notation = "{0} ≤ {1}"
    latex = r"{0} \le {1}"
    takes = "int"


less_equal = LessEqual()


class Greater(Condition):
    """y = (a > b)."""

    notation = "{0} > {1}"
    takes = "int"


greater = Greater()


class GreaterEqual(Condition):
    """y = (a ≥ b)."""

    notation = "{0} ≥ {1}"
    latex = r"{0} \ge {1}"
    takes = "int"


greater_equal = GreaterEqual()


class LogicalAnd(Condition):
    """y = a ∧ b."""

    notation = "{0} ∧ {1}"
    latex = r"{0} \land {1}"


logical_and = LogicalAnd()


class LogicalOr(Condition):
    """y = a ∨ b."""

    notation = "{0} ∨ {1}"
    latex = r"{0} \lor {1}"


logical_or = LogicalOr()


class LogicalNot(Elementwise):
    """y = ¬x."""

    notation = "¬({0})"
    latex = r"\lnot\left({0}\right)"
    result = "bool"

    def derivatives(self, y: Node, x: Node) -> Derivatives:
        return (None,)


logical_not = LogicalNot()


class IsFinite(Elementwise):
    """y = x is neither NaN nor infinite."""

    notation = "finite({0})"
    latex = r"\operatorname{finite}\left({0}\right)"
    result = "bool"

    def derivatives(self, y: Node, x: Node) -> Derivatives:
        return (None,)


is_finite = IsFinite()


class ToFloat(Elementwise):
    """y = 1 where a condition holds and 0 elsewhere; or an integer as a float."""

    notation = "[{0}]"
    latex = r"\left[{0}\right]"
    result = "float"
    takes = "bool"

    def derivatives(self, y: Node, x: Node) -> Derivatives:
        return (1 if x.dtype == "float" else None,)


to_float = ToFloat()


class ToInt(Elementwise):
    """y = x without its fraction, as an integer; no gradient flows.

    What an integer of 64 bits cannot hold, infinities and NaN among it, becomes some
    integer: which one differs from processor to processor, as in NumPy.
    """

    notation = "int({0})"
    latex = r"\operatorname{int}\left({0}\right)"
    result = "int"
    takes = "bool"

    def derivatives(self, y: Node, x: Node) -> Derivatives:
        return (None,)


to_int = ToInt()


class Where(Elementwise):
    """y = a where the condition holds, b elsewhere.

    Both branches are computed, and the derivative of the one that is not taken is
    multiplied by 0. Where that is infinite or NaN, as of √x at 0, so is the gradient:
    give the branch an argument that it can take, by a second `where` inside::

        positive = x > 0
        y = ops.where(positive, ops.sqrt(ops.where(positive, x, 1.0)), 0.0)
    """

    notation = "{1} if {0} else {2}"
    latex = r"{1} \text{ if } {0} \text{ else } {2}"
    precedence = SUM - 1
    takes = "bool"

    def infer(self, condition: Node, a: Node, b: Node) -> tuple[Shape, Dtype]:
        if condition.dtype != "bool":
            raise ShapeError(
                f"where: condition must be bool, got {describe(condition)} of "
                f"{condition.dtype}; write a comparison, such as x > 0"
            )
        shape, _ = super().infer(condition, a, b)
        return shape, super().infer(a, b)[1]

    def vjp(self, g: Node, y: Node, condition: Node, a: Node, b: Node) -> Gradients:
        return None, where(condition, g, 0.0), where(condition, 0.0, g)


where = Where()
