"""The OpenCL kernels: for each elementwise op, the expression that computes it.

``{0}``, ``{1}`` are operands, all of one type: a float vector, or a single number. A
condition is a mask, −1 where it holds and 0 elsewhere, with as many bits as a float.
A plugin's kernel is such a template too.
"""

from __future__ import annotations

import re

from chainrule import ops
from chainrule.ops import Op
from chainrule.ops.arithmetic import Maximum, Minimum

ELEMENTWISE: dict[type[Op], str] = {
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
    ops.Sign: "sign_of({0})",
    Maximum: "maximum({0}, {1})",
    Minimum: "minimum({0}, {1})",
    ops.Log: "log({0})",
    ops.Exp: "exp({0})",
    ops.Expm1: "expm1({0})",
    ops.Log1p: "log1p({0})",
    ops.Sin: "sine({0})",
    ops.Cos: "cosine({0})",
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
    ops.LogicalAnd: "{0} & {1}",
    ops.LogicalOr: "{0} | {1}",
    ops.LogicalNot: "~{0}",
    ops.IsFinite: "isfinite({0})",
    ops.ToFloat: "{0}",
    ops.ToInt: "{0}",
    ops.Where: "{0} ? {1} : {2}",
    ops.Identity: "{0}",
    ops.StopGradient: "{0}",
}
"""One expression for each elementwise op."""

RELATIONS = frozenset({
    ops.Equal, ops.NotEqual, ops.Less, ops.LessEqual, ops.Greater, ops.GreaterEqual,
    ops.IsFinite,
})  # fmt: skip
"""Ops that OpenCL gives 1 for single numbers, where it gives −1 for vectors."""

LOGIC = frozenset({
    ops.LogicalAnd, ops.LogicalOr, ops.LogicalNot, ops.Where, ops.Identity,
    ops.StopGradient,
})  # fmt: skip
"""Ops that compute with masks as they are."""

TRANSPARENT = frozenset({ops.ExpandDims, ops.Squeeze, ops.BroadcastTo})
"""Shape ops that a fused kernel sees through by dropping or repeating an index."""
VIEWS = frozenset({*TRANSPARENT, ops.Reshape, ops.Transpose, ops.Slice})
"""Ops that are only another way to look at a buffer."""
INDEXING = frozenset({
    ops.OneHot, ops.Take, ops.Pick, ops.Concatenate, ops.Unslice,
})  # fmt: skip
"""Ops that compute one element of the result from few elements of the operands."""
REDUCTIONS = frozenset({ops.Sum, ops.Max, ops.Min, ops.Argmax})
"""Ops that gather along axes."""

_HELPERS = """
#define ALIKE __attribute__((overloadable))
F ALIKE absolute(F x) { return fabs(x); }
F ALIKE maximum(F a, F b) { return ((a >= b) | (a != a)) ? a : b; }
F ALIKE minimum(F a, F b) { return ((a <= b) | (a != a)) ? a : b; }
F ALIKE sign_of(F x) { return x != x ? x : sign(x); }
F ALIKE relu(F x) { return x < 0 ? (F)(0) : x; }
F ALIKE softplus(F x) { return maximum(x, (F)(0)) + log1p(exp(-fabs(x))); }
F ALIKE power(F a, F b) { return POWER; }
F ALIKE sine(F x) { return SINE; }
F ALIKE cosine(F x) { return COSINE; }
#undef ALIKE
"""
_INTEGER_HELPERS = """
#define ALIKE __attribute__((overloadable))
long ALIKE absolute(long x) { return x < 0 ? -x : x; }
long ALIKE maximum(long a, long b) { return a >= b ? a : b; }
long ALIKE minimum(long a, long b) { return a <= b ? a : b; }
long ALIKE sign_of(long x) { return (x > 0) - (x < 0); }
long ALIKE relu(long x) { return x < 0 ? 0 : x; }
#undef ALIKE
"""


def preamble(floats: str, width: int) -> str:
    """Return the functions that generated kernels call, for one type of float."""
    text = _helpers(floats, 1) + (_helpers(floats, width) if width > 1 else "")
    enable = "#pragma OPENCL EXTENSION cl_khr_fp64 : enable\n"
    return (enable if floats == "double" else "") + text + _INTEGER_HELPERS


def _helpers(floats: str, width: int) -> str:
    """Return the functions for a number or a vector.

    PoCL's vectors are right in one lane only if the others are ordinary: a power of
    float64 spoils its neighbours of 0⁰, and a sine those of numbers beyond 10⁹.
    """
    text = _HELPERS
    power, sine, cosine = "pow(a, b)", "sin(x)", "cos(x)"
    if width > 1:
        huge = "any(fabs(x) > (F)(1e6))"
        sine, cosine = (
            f"{huge} ? {_lanes(f'{f}(x.s#)', width)} : {f}(x)" for f in ("sin", "cos")
        )
        if floats == "double":
            power = _lanes("pow(a.s#, b.s#)", width)
    for name, value in (("COSINE", cosine), ("SINE", sine), ("POWER", power)):
        text = text.replace(f"return {name};", f"return {value};")
    own = floats if width == 1 else f"{floats}{width}"
    return re.sub(r"\bF\b", own, text)


def _lanes(text: str, width: int) -> str:
    """Return a vector of which every lane is computed alone."""
    return f"(F)({', '.join(text.replace('#', f'{i:x}') for i in range(width))})"
