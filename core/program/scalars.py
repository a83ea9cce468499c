"""Scalars: the arithmetic of one element, for each elementwise op.

A backend that generates code finds here what to write. ``{0}``, ``{1}`` are operands: a
name, a literal, or anything in parentheses; so is a literal below zero.
"""

from __future__ import annotations

from collections.abc import Mapping

from chainrule import ops
from chainrule.ops import Op
from chainrule.ops.arithmetic import Maximum, Minimum

EXPRESSIONS: Mapping[type[Op], str] = {
    ops.Abs: "absolute({0})",
    ops.Add: "{0} + {1}",
    ops.Sub: "{0} - {1}",
    ops.Mul: "{0} * {1}",
    ops.Div: "{0} / {1}",
    ops.Neg: "-{0}",
    ops.Pow: "power({0}, {1})",
    ops.Square: "{0} * {0}",
    ops.Reciprocal: "1 / {0}",
    ops.Sqrt: "sqrt({0})",
    ops.Sign: "sign({0})",
    ops.Floor: "floor({0})",
    ops.Round: "rint({0})",
    Maximum: "maximum({0}, {1})",
    Minimum: "minimum({0}, {1})",
    ops.Log: "log({0})",
    ops.Exp: "exp({0})",
    ops.Expm1: "expm1({0})",
    ops.Log1p: "log1p({0})",
    ops.Sin: "sin({0})",
    ops.Cos: "cos({0})",
    ops.Tanh: "tanh({0})",
    ops.Sigmoid: "1 / (1 + exp(-{0}))",
    ops.Softplus: "softplus({0})",
    ops.Relu: "relu({0})",
    ops.Erf: "erf({0})",
    ops.Equal: "{0} == {1}",
    ops.NotEqual: "{0} != {1}",
    ops.Less: "{0} < {1}",
    ops.LessEqual: "{0} <= {1}",
    ops.Greater: "{0} > {1}",
    ops.GreaterEqual: "{0} >= {1}",
    ops.LogicalAnd: "logical_and({0}, {1})",
    ops.LogicalOr: "logical_or({0}, {1})",
    ops.LogicalNot: "logical_not({0})",
    ops.IsFinite: "isfinite({0})",
    ops.Where: "where({0}, {1}, {2})",
    ops.ToFloat: "to_float({0})",
    ops.ToInt: "to_int({0})",
    ops.Identity: "{0}",
    ops.StopGradient: "{0}",
}
"""Expressions that mean the same in Python and in C.

The functions that they call have NumPy's names and behaviour, except for those that
NumPy lacks: ``relu``, ``softplus``, ``erf``, ``to_float`` and ``to_int``. Whoever uses
an expression defines what it calls.
"""

OF_NUMBERS: Mapping[type[Op], str] = {
    **EXPRESSIONS,
    ops.Pow: "{0} ** {1}",
    ops.Reciprocal: "one / {0}",
    ops.Relu: "zero if {0} < zero else {0}",
    Maximum: "{0} if {0} >= {1} or {0} != {0} else {1}",
    Minimum: "{0} if {0} <= {1} or {0} != {0} else {1}",
    ops.LogicalAnd: "{0} and {1}",
    ops.LogicalOr: "{0} or {1}",
    ops.LogicalNot: "not {0}",
    ops.Where: "{1} if {0} else {2}",
}
"""Expressions for single numbers in Python, where operators are cheaper than calls.

``zero`` and ``one`` are numbers of the operands' type.
"""
