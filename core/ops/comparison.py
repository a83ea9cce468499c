"""Comparison, logic and selection. No gradient flows through a condition."""

from __future__ import annotations

from typing import ClassVar

from chainrule.errors import ShapeError
from chainrule.node import Dtype, Node, Shape, Value
from chainrule.ops.base import SUM, Elementwise, describe


class Condition(Elementwise):
    """An elementwise op with a truth value as result."""

    result: ClassVar[Dtype | None] = "bool"
    precedence = SUM - 1

    def derivatives(self, y: Node, *inputs: Node) -> tuple[Value | None, ...]:
        return (None,) * len(inputs)


class Equal(Condition):
    """y = (a = b)."""

    notation = "{0} = {1}"


class NotEqual(Condition):
    """y = (a ≠ b)."""

    notation = "{0} ≠ {1}"
    latex = r"{0} \ne {1}"


class Less(Condition):
    """y = (a < b)."""

    notation = "{0} < {1}"


class LessEqual(Condition):
    """y = (a ≤ b)."""

    notation = "{0} ≤ {1}"
    latex = r"{0} \le {1}"


class Greater(Condition):
    """y = (a > b)."""

    notation = "{0} > {1}"


class GreaterEqual(Condition):
    """y = (a ≥ b)."""

    notation = "{0} ≥ {1}"
    latex = r"{0} \ge {1}"


class LogicalAnd(Condition):
    """y = a ∧ b."""

    notation = "{0} ∧ {1}"
    latex = r"{0} \land {1}"


class LogicalOr(Condition):
    """y = a ∨ b."""

    notation = "{0} ∨ {1}"
    latex = r"{0} \lor {1}"


class LogicalNot(Condition):
    """y = ¬x."""

    notation = "¬({0})"
    latex = r"\lnot\left({0}\right)"
    precedence = Elementwise.precedence


class IsFinite(Condition):
    """y = x is neither NaN nor infinite."""

    notation = "finite({0})"
    latex = r"\operatorname{finite}\left({0}\right)"
    precedence = Elementwise.precedence


class ToFloat(Elementwise):
    """y = 1 where a condition holds and 0 elsewhere; or an integer as a float."""

    notation = "[{0}]"
    latex = r"\left[{0}\right]"
    result: ClassVar[Dtype | None] = "float"

    def derivatives(self, y: Node, *inputs: Node) -> tuple[Value | None, ...]:
        return (1 if inputs[0].dtype == "float" else None,)


class ToInt(Elementwise):
    """y = x without its fraction, as an integer; no gradient flows."""

    notation = "int({0})"
    latex = r"\operatorname{int}\left({0}\right)"
    result: ClassVar[Dtype | None] = "int"

    def derivatives(self, y: Node, *inputs: Node) -> tuple[Value | None, ...]:
        return (None,)


class Where(Elementwise):
    """y = a where the condition holds, b elsewhere."""

    notation = "{1} if {0} else {2}"
    latex = r"{1} \text{ if } {0} \text{ else } {2}"
    precedence = SUM - 1

    def infer(self, *inputs: Node) -> tuple[Shape, Dtype]:
        condition, a, b = inputs
        if condition.dtype != "bool":
            raise ShapeError(
                f"where: the condition is {describe(condition)} of {condition.dtype}; "
                "write a comparison, such as x > 0"
            )
        shape, _ = super().infer(condition, a, b)
        return shape, super().infer(a, b)[1]

    def derivatives(self, y: Node, *inputs: Node) -> tuple[Value | None, ...]:
        chosen = to_float(inputs[0])
        return None, chosen, to_float(logical_not(inputs[0]))

    def vjp(self, g: Node, y: Node, *inputs: Node) -> tuple[Node | None, ...]:
        return None, where(inputs[0], g, 0.0), where(inputs[0], 0.0, g)


equal, not_equal = Equal(), NotEqual()
less, less_equal, greater, greater_equal = (
    Less(),
    LessEqual(),
    Greater(),
    GreaterEqual(),
)
logical_and, logical_or, logical_not = LogicalAnd(), LogicalOr(), LogicalNot()
is_finite, to_float, to_int, where = IsFinite(), ToFloat(), ToInt(), Where()
