"""The NumPy kernels: for each op, the line of Python that computes it.

``{0}``, ``{1}`` are operands, ``{out}`` the buffer for the result, which may be that of
an operand: after its first call a kernel may read only ``{out}``. A plugin's kernel may
also be a function ``kernel(op, out, *operands)``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from chainrule import ops
from chainrule.node import Node
from chainrule.ops import Op
from chainrule.ops.arithmetic import Maximum, Minimum

Array: TypeAlias = npt.NDArray[Any]
Kernel: TypeAlias = str | Callable[..., object]


def erf(op: Op, out: Array, x: Array) -> None:
    """Compute erf: exactly in float64, to float32's precision in float32.

    float32 takes the Maclaurin series for |x| < 1 and elsewhere 7.1.26 of Abramowitz
    and Stegun, whose error is below 1.5e-7.
    """
    if out.dtype == np.float64:
        np.copyto(out, _exact_erf(x), casting="unsafe")
        return
    a = np.abs(x)
    t = 1 / (1 + np.float32(0.3275911) * a)
    poly = np.zeros_like(a)
    for c in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592):
        poly = (poly + np.float32(c)) * t
    far = np.sign(x) * (1 - poly * np.exp(-a * a))
    x2 = np.minimum(a, 1) ** 2
    series = np.zeros_like(a)
    for n in range(11, 0, -1):
        c = (-1) ** n / (math.factorial(n) * (2 * n + 1))
        series = (series + np.float32(c)) * x2
    near = np.float32(2 / math.sqrt(math.pi)) * x * (1 + series)
    np.copyto(out, np.where(a < 1, near, far))


_exact_erf = np.frompyfunc(math.erf, 1, 1)

ELEMENTWISE: dict[type[Op], Kernel] = {
    ops.Abs: "absolute({0}, {out})",
    ops.Add: "add({0}, {1}, {out})",
    ops.Sub: "subtract({0}, {1}, {out})",
    ops.Mul: "multiply({0}, {1}, {out})",
    ops.Div: "divide({0}, {1}, {out})",
    ops.Neg: "negative({0}, {out})",
    ops.Pow: "power({0}, {1}, {out})",
    ops.Square: "square({0}, {out})",
    ops.Reciprocal: "divide(one, {0}, {out})",
    ops.Sqrt: "sqrt({0}, {out})",
    ops.Sign: "sign({0}, {out})",
    Maximum: "maximum({0}, {1}, out={out})",
    Minimum: "minimum({0}, {1}, out={out})",
    ops.Log: "log({0}, {out})",
    ops.Exp: "exp({0}, {out})",
    ops.Expm1: "expm1({0}, {out})",
    ops.Log1p: "log1p({0}, {out})",
    ops.Sin: "sin({0}, {out})",
    ops.Cos: "cos({0}, {out})",
    ops.Tanh: "tanh({0}, {out})",
    ops.Sigmoid: (
        "negative({0}, {out}); exp({out}, {out}); "
        "add({out}, one, {out}); divide(one, {out}, {out})"
    ),
    ops.Softplus: "logaddexp({0}, zero, {out})",
    ops.Relu: "clip({0}, zero, inf, {out})",
    ops.Erf: erf,
    ops.Equal: "equal({0}, {1}, {out})",
    ops.NotEqual: "not_equal({0}, {1}, {out})",
    ops.Less: "less({0}, {1}, {out})",
    ops.LessEqual: "less_equal({0}, {1}, {out})",
    ops.Greater: "greater({0}, {1}, {out})",
    ops.GreaterEqual: "greater_equal({0}, {1}, {out})",
    ops.LogicalAnd: "logical_and({0}, {1}, {out})",
    ops.LogicalOr: "logical_or({0}, {1}, {out})",
    ops.LogicalNot: "logical_not({0}, {out})",
    ops.IsFinite: "isfinite({0}, {out})",
    ops.ToFloat: "copyto({out}, {0}, 'unsafe')",
    ops.ToInt: "copyto({out}, {0}, 'unsafe')",
    ops.Where: "copyto({out}, {2}); copyto({out}, {1}, 'same_kind', {0})",
    ops.Identity: "copyto({out}, {0})",
    ops.StopGradient: "copyto({out}, {0})",
}
"""One call, or a few, for each elementwise op."""

NEVER_IN_PLACE = frozenset({ops.Where, ops.Erf})
"""Ops whose kernel reads an operand after it has begun to write the result."""


def in_place(node: Node, kernel: Kernel) -> bool:
    """Whether a kernel may write its result over an operand."""
    return isinstance(kernel, str) and type(node.op) not in NEVER_IN_PLACE


SCALAR: dict[type[Op], str] = {
    ops.Add: "{0} + {1}",
    ops.Sub: "{0} - {1}",
    ops.Mul: "{0} * {1}",
    ops.Div: "{0} / {1}",
    ops.Neg: "-{0}",
    ops.Pow: "{0} ** {1}",
    ops.Square: "{0} * {0}",
    ops.Sqrt: "sqrt({0})",
    ops.Exp: "exp({0})",
    ops.Log: "log({0})",
    Maximum: "maximum({0}, {1})",
    Minimum: "minimum({0}, {1})",
    ops.Greater: "{0} > {1}",
    ops.GreaterEqual: "{0} >= {1}",
    ops.Less: "{0} < {1}",
    ops.LessEqual: "{0} <= {1}",
    ops.Where: "{1} if {0} else {2}",
    ops.ToFloat: "float64({0})",
}
"""Arithmetic of single numbers, in float64: cheaper as Python than as arrays."""

VIEWS = frozenset({
    ops.Reshape, ops.ExpandDims, ops.Squeeze, ops.Transpose, ops.Slice, ops.BroadcastTo,
})  # fmt: skip
"""Ops that are only another way to look at a buffer, made once, outside the step."""


def view_of(op: Op, x: Array, shape: tuple[int, ...]) -> Array | None:
    """Return the view that a shape op is, or None if it would have to copy."""
    if isinstance(op, ops.Transpose):
        return x.transpose(op.axes)
    if isinstance(op, ops.Slice):
        return x[tuple(slice(*r) for r in op.ranges)]
    if isinstance(op, ops.BroadcastTo):
        return np.broadcast_to(x, shape)
    view = x.reshape(shape)
    return view if view.size == 0 or np.may_share_memory(view, x) else None


NAMESPACE: Mapping[str, Any] = {
    name: getattr(np, name)
    for name in (
        "absolute", "add", "subtract", "multiply", "divide", "negative", "power",
        "square", "sqrt", "sign", "maximum", "minimum", "log", "exp", "expm1", "log1p",
        "sin", "cos", "tanh", "logaddexp", "equal", "not_equal", "less", "less_equal",
        "greater", "greater_equal", "logical_and", "logical_or", "logical_not",
        "isfinite", "copyto", "matmul", "argmax", "concatenate", "float64",
    )
}  # fmt: skip
"""The names that generated code uses; buffers, views and constants are added."""

clip: np.ufunc = np._core.umath.clip  # type: ignore[attr-defined]
"""The ufunc behind `numpy.clip`: a fifth of the cost of `numpy.maximum` on a small
array, and unlike `numpy.fmax` it passes NaN on."""
