"""Graphs interpreted with 50 digits and exponents of any size: what is right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from mpmath.ctx_mp import MPContext

from chainrule import ops
from chainrule.errors import ConformanceError
from chainrule.graph import topological
from chainrule.node import Constant, Node, Parameter
from chainrule.testing.reference import NUMPY

Array: TypeAlias = npt.NDArray[Any]
Function: TypeAlias = Callable[..., Any]

mp = MPContext()
mp.dps = 50
LARGEST = mp.mpf(float(np.finfo(np.float64).max))


def exact(
    nodes: Sequence[Node],
    feeds: Mapping[Any, npt.ArrayLike],
    digits: int = 50,
    *,
    noise: float = 0.0,
    least: float = 0.0,
    smallest: float = 0.0,
    seed: int = 0,
) -> list[Array]:
    """Return the values of nodes as arrays of numbers with many digits.

    Nothing overflows: e¹⁰⁰⁰ is a number. What has no value is NaN, and a quotient by
    zero infinite, as in floating-point arithmetic.

    Args:
        nodes: what to compute.
        feeds: values for the inputs.
        digits: how many digits to compute with.
        noise: relative size of random errors that are made wherever floating-point
            arithmetic rounds, and in the arguments of exponentials: what they do to
            results, rounding can do.
        least: numbers below it get errors as large as its own.
        smallest: results below it are 0: what that does, underflow can do.
        seed: of the random errors.

    Raises:
        ConformanceError: an op draws random numbers, or is not known.
    """
    value: dict[Node, Array] = {}
    random = np.random.default_rng(seed)

    def shaken(x: Array) -> Array:
        wrong = noise * random.standard_normal(x.shape)
        return np.asarray(x + (abs(x) + least) * wrong, object)

    with mp.workdps(digits):
        for node in topological(nodes):
            if isinstance(node, (Constant, Parameter)):
                found: Any = node.value
            elif node.op is None:
                found = feeds[node]
            else:
                operands = [value[x] for x in node.inputs]
                if noise and type(node.op) in _EXPONENTIAL:
                    operands = [shaken(x) for x in operands]
                found = _computed(node, operands)
            value[node] = _numbers(np.asarray(found), node)
            if noise and type(node.op) in _ROUNDING:
                value[node] = shaken(value[node])
            if smallest and node.op and node.dtype == "float":
                zero = abs(value[node]) < smallest
                value[node] = np.where(zero, mp.mpf(0), value[node])
    return [value[node] for node in nodes]


def _computed(node: Node, operands: list[Array]) -> Any:
    kind, op = type(node.op), node.op
    if isinstance(op, ops.Unslice):
        array = np.full([size or 0 for size in node.shape], 0, object)
        array[tuple(slice(*each) for each in op.ranges)] = operands[0]
        return array
    if kind in _OF_NUMBERS:
        return np.vectorize(_OF_NUMBERS[kind], otypes=[object])(*operands)  # type: ignore[index]
    if kind in _OF_ARRAYS:
        return _OF_ARRAYS[kind](op, *operands)  # type: ignore[index]
    if kind in NUMPY and not isinstance(op, ops.Elementwise):
        return NUMPY[kind](op, *operands)  # type: ignore[index]
    raise ConformanceError(f"no exact value is known for {kind.__name__}")


def _numbers(array: Array, node: Node) -> Array:
    """Return an array of 50-digit numbers, or of integers or truth values."""
    if node.dtype != "float":
        return array.astype(np.int64 if node.dtype == "int" else np.bool_)
    numbers = np.empty(array.shape, object)
    for index in np.ndindex(array.shape):
        x = array[index]
        numbers[index] = x if isinstance(x, mp.mpf) else mp.mpf(float(x))
    return numbers


# -- numbers -----------------------------------------------------------------------


def _propagating(function: Function) -> Function:
    """Make a function NaN where an operand is."""
    return lambda *x: mp.nan if any(a != a for a in x) else function(*x)


def _divide(a: Any, b: Any) -> Any:
    if b != 0:
        return a / b
    return mp.nan if a == 0 else mp.sign(a) * mp.inf


def _power(a: Any, b: Any) -> Any:
    if b == 0:
        return mp.mpf(1)
    if a == 0:
        return mp.inf if b < 0 else mp.mpf(0)
    return mp.nan if a < 0 and b != mp.floor(b) else mp.re(mp.power(a, b))


def _periodic(function: Function, x: Any) -> Any:
    """Return NaN, as of infinity, for what no float holds: π would need all digits."""
    return function(x) if abs(x) < LARGEST else mp.nan


def _softplus(x: Any) -> Any:
    return mp.log1p(mp.exp(x)) if x < 0 else x + mp.log1p(mp.exp(-x))


_OF_NUMBERS: Mapping[type[ops.Op], Function] = {
    ops.Abs: abs,
    ops.Add: lambda a, b: a + b,
    ops.Sub: lambda a, b: a - b,
    ops.Mul: lambda a, b: a * b,
    ops.Div: _divide,
    ops.Neg: lambda x: -x,
    ops.Pow: _propagating(_power),
    ops.Square: lambda x: x * x,
    ops.Reciprocal: lambda x: _divide(mp.mpf(1), x),
    ops.Sqrt: lambda x: mp.nan if x < 0 else mp.sqrt(x),
    ops.Sign: mp.sign,
    ops.Floor: lambda x: mp.floor(x) if mp.isfinite(x) else x,
    ops.Ceil: lambda x: mp.ceil(x) if mp.isfinite(x) else x,
    ops.Round: lambda x: mp.nint(x) if mp.isfinite(x) else x,
    ops.Clip: _propagating(lambda x, low, high: min(max(x, low), high)),
    ops.Log: lambda x: mp.nan if x < 0 else mp.ln(x),
    ops.Maximum: _propagating(max),
    ops.Minimum: _propagating(min),
    ops.Where: lambda condition, a, b: a if condition else b,
    ops.Identity: lambda x: x,
    ops.StopGradient: lambda x: x,
    ops.ToFloat: lambda x: x if isinstance(x, mp.mpf) else mp.mpf(int(x)),
    ops.ToInt: int,
    ops.Sin: lambda x: _periodic(mp.sin, x),
    ops.Cos: lambda x: _periodic(mp.cos, x),
    ops.Exp: mp.exp,
    ops.Expm1: mp.expm1,
    ops.Log1p: lambda x: mp.nan if x < -1 else mp.log1p(x),
    ops.Tanh: mp.tanh,
    ops.Erf: mp.erf,
    ops.LogCosh: lambda x: mp.ln(mp.cosh(x)),
    ops.Relu: _propagating(lambda x: max(x, mp.mpf(0))),
    ops.Sigmoid: lambda x: 1 / (1 + mp.exp(-x)),
    ops.Softplus: _propagating(_softplus),
    ops.Equal: lambda a, b: a == b,
    ops.NotEqual: lambda a, b: a != b,
    ops.Less: lambda a, b: a < b,
    ops.LessEqual: lambda a, b: a <= b,
    ops.Greater: lambda a, b: a > b,
    ops.GreaterEqual: lambda a, b: a >= b,
    ops.LogicalAnd: lambda a, b: a and b,
    ops.LogicalOr: lambda a, b: a or b,
    ops.LogicalNot: lambda a: not a,
    ops.IsFinite: mp.isfinite,
}

# -- arrays ------------------------------------------------------------------------

_exp, _ln, _over = (
    np.vectorize(_OF_NUMBERS[op], otypes=[object]) for op in (ops.Exp, ops.Log, ops.Div)
)


def _softmax(op: Any, x: Array) -> Any:
    e = _exp(x)
    return _over(e, e.sum(axis=op.axis, keepdims=True))


def _sum_like(op: Any, x: Array, like: Array) -> Any:
    first = x.ndim - like.ndim
    ones = (i for i, n in enumerate(like.shape, first) if n == 1 != x.shape[i])
    total = np.asarray(x.sum(axis=(*range(first), *ones)), object)
    return total.reshape(like.shape)


_OF_ARRAYS: Mapping[type[ops.Op], Function] = {
    ops.SumLike: _sum_like,
    ops.LogSumExp: lambda op, x: _ln(_exp(x).sum(axis=op.axes, keepdims=op.keepdims)),
    ops.Softmax: _softmax,
    ops.LogSoftmax: lambda op, x: _ln(_softmax(op, x)),
    ops.ZerosLike: lambda op, x: np.zeros(x.shape),
}

_EXPONENTIAL = frozenset({
    ops.Exp, ops.Expm1, ops.Sigmoid, ops.Softplus, ops.LogSumExp, ops.Softmax,
    ops.LogSoftmax,
})  # fmt: skip
_ROUNDING = frozenset({
    *_OF_ARRAYS, ops.Sum, ops.Mean, ops.Prod, ops.Cumsum, ops.Matmul, ops.Add, ops.Sub,
    ops.Mul, ops.Div, ops.Pow, ops.Square, ops.Reciprocal, ops.Sqrt, ops.Log, ops.Sin,
    ops.Cos, ops.Exp, ops.Expm1, ops.Log1p, ops.Tanh, ops.Erf, ops.Sigmoid,
    ops.Softplus, ops.LogCosh,
}) - {ops.ZerosLike}  # fmt: skip
