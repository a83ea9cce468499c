"""NumPy's elementwise kernels: for each op, the line of Python that computes it.

``{0}``, ``{1}`` are operands, ``{out}`` is the array for the result. A plugin's kernel
may also be a function ``kernel(op, out, *operands)``.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from chainrule import ops
from chainrule.errors import PluginError, did_you_mean, shown
from chainrule.ops import Op
from chainrule.ops.arithmetic import Maximum, Minimum
from chainrule.program.kernel_text import check_text
from chainrule.program.scalars import EXPRESSIONS, OF_NUMBERS

Kernel: TypeAlias = str | Callable[..., object]


def erf(op: Op, out: npt.NDArray[Any], x: npt.NDArray[Any]) -> None:
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

_UFUNCS: Mapping[type[Op], np.ufunc] = {
    ops.Abs: np.absolute,
    ops.Add: np.add,
    ops.Sub: np.subtract,
    ops.Mul: np.multiply,
    ops.Div: np.divide,
    ops.Neg: np.negative,
    ops.Pow: np.power,
    ops.Square: np.square,
    ops.Sqrt: np.sqrt,
    ops.Sign: np.sign,
    ops.Floor: np.floor,
    ops.Round: np.rint,
    Maximum: np.maximum,
    Minimum: np.minimum,
    ops.Log: np.log,
    ops.Exp: np.exp,
    ops.Expm1: np.expm1,
    ops.Log1p: np.log1p,
    ops.Sin: np.sin,
    ops.Cos: np.cos,
    ops.Tanh: np.tanh,
    ops.Equal: np.equal,
    ops.NotEqual: np.not_equal,
    ops.Less: np.less,
    ops.LessEqual: np.less_equal,
    ops.Greater: np.greater,
    ops.GreaterEqual: np.greater_equal,
    ops.LogicalAnd: np.logical_and,
    ops.LogicalOr: np.logical_or,
    ops.LogicalNot: np.logical_not,
    ops.IsFinite: np.isfinite,
}


def _call(function: np.ufunc) -> str:
    operands = "".join(f"{{{i}}}, " for i in range(function.nin))
    # NumPy deprecates a third positional argument of these two.
    out = "out=" if function in (np.maximum, np.minimum) else ""
    return f"{function.__name__}({operands}{out}{{out}})"


ELEMENTWISE: Mapping[type[Op], Kernel] = {
    **{op: _call(function) for op, function in _UFUNCS.items()},
    ops.Reciprocal: "divide(one, {0}, {out})",
    ops.Sigmoid: (
        "negative({0}, {out}); exp({out}, {out}); "
        "add({out}, one, {out}); divide(one, {out}, {out})"
    ),
    ops.Softplus: "logaddexp({0}, zero, {out})",
    ops.Relu: "clip({0}, zero, inf, {out})",
    ops.Erf: erf,
    ops.ToFloat: "copyto({out}, {0}, 'unsafe')",
    ops.ToInt: "copyto({out}, {0}, 'unsafe')",
    ops.Where: "copyto({out}, {2}); copyto({out}, {1}, 'same_kind', {0})",
    ops.Identity: "copyto({out}, {0})",
    ops.StopGradient: "copyto({out}, {0})",
}
"""One call, or a few, for each elementwise op."""


def works_in_place(kernel: Kernel) -> bool:
    """Whether a kernel may be given an operand's array for the result.

    Not if it reads an operand after its first call, or hides what it reads.
    """
    if not isinstance(kernel, str):
        return False
    later_calls = kernel.partition(";")[2]
    return re.search(r"\{\d", later_calls) is None


NUMBERS: Mapping[type[Op], str] = {
    op: OF_NUMBERS[op]
    for op in (
        ops.Add, ops.Sub, ops.Mul, ops.Div, ops.Neg, ops.Pow, ops.Square, ops.Sqrt,
        ops.Exp, ops.Log, ops.Greater, ops.GreaterEqual, ops.Less, ops.LessEqual,
        ops.Where, ops.ToFloat,
    )
} | {op: EXPRESSIONS[op] for op in (Maximum, Minimum)}  # fmt: skip
"""Arithmetic of single numbers: cheaper as Python than as arrays.

Literals are Python's numbers, so that they take the dtype of what they meet; a maximum
of a literal and a NumPy number must be the latter.
"""

_clip: np.ufunc = np._core.umath.clip  # type: ignore[attr-defined]
"""The ufunc behind `numpy.clip`: a fifth of the cost of `numpy.maximum` on a small
array, and unlike `numpy.fmax` it passes NaN on."""

FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    **{function.__name__: function for function in _UFUNCS.values()},
    "logaddexp": np.logaddexp,
    "clip": _clip,
    "copyto": np.copyto,
    "matmul": np.matmul,
    "argmax": np.argmax,
    "concatenate": np.concatenate,
    "add_reduce": np.add.reduce,
    "max_reduce": np.maximum.reduce,
    "min_reduce": np.minimum.reduce,
    "product_reduce": np.multiply.reduce,
    "add_accumulate": np.add.accumulate,
    "to_float": np.float64,
}
"""The functions that generated code calls, by the names that it has for them."""

_NUMBERS_IN_LINES = ("one", "zero", "inf")
"""Names of numbers that lines may use, of the program's dtype."""


def check_kernel(op: type[Op], kernel: Any) -> None:
    """Reject what is not a kernel.

    Raises:
        PluginError: it is neither a function nor a line of Python that has a slot for
            each operand and calls functions that generated code has.
    """
    if callable(kernel):
        return
    if not isinstance(kernel, str):
        raise PluginError(
            "must be a line such as 'tanh({0}, {out})', or a function "
            f"kernel(op, out, *operands), got {shown(kernel)}"
        )
    line = check_text(op, kernel, also=["out"])
    try:
        names = {n.id for n in ast.walk(ast.parse(line)) if isinstance(n, ast.Name)}
    except SyntaxError as error:
        raise PluginError(f"{kernel!r} is not Python: {error.msg}") from error
    given = {name for name in names if re.fullmatch(r"x\d+|xout", name)}
    for name in sorted(names - given - {*FUNCTIONS, *_NUMBERS_IN_LINES}):
        raise PluginError(
            f"{kernel!r} uses {name!r}, which lines do not know; write a function "
            f"kernel(op, out, *operands) for it.{did_you_mean(name, FUNCTIONS)}"
        )
