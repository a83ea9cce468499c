"""``cr.ops``: the primitives, and functions that build graphs from them."""

from __future__ import annotations

from chainrule.node import operators
from chainrule.ops.arithmetic import (
    Abs, Add, Div, Log, Maximum, Minimum, Mul, Neg, Pow, Reciprocal, Sign, Sqrt,
    Square, Sub, abs, add, div, log, maximum, minimum, mul, neg, pow, reciprocal,
    sign, sqrt, square, sub,
)  # fmt: skip
from chainrule.ops.base import Elementwise, Op
from chainrule.ops.comparison import (
    Equal, Greater, GreaterEqual, IsFinite, Less, LessEqual, LogicalAnd, LogicalNot,
    LogicalOr, NotEqual, ToFloat, ToInt, Where, equal, greater, greater_equal,
    is_finite, less, less_equal, logical_and, logical_not, logical_or, not_equal,
    to_float, to_int, where,
)  # fmt: skip
from chainrule.ops.control import (
    AlsoUpdate, Identity, StopGradient, Training, also_update, identity, named,
    stop_gradient, training,
)  # fmt: skip
from chainrule.ops.functions import (
    Cos, Erf, Exp, Expm1, Log1p, Relu, Sigmoid, Sin, Softplus, Tanh, cos, erf, exp,
    expm1, log1p, relu, sigmoid, sin, softplus, tanh,
)  # fmt: skip
from chainrule.ops.indexing import OneHot, Pick, Take, one_hot, pick, take
from chainrule.ops.linalg import Matmul, matmul
from chainrule.ops.random import Uniform, bernoulli, normal, uniform
from chainrule.ops.reductions import (
    Argmax, LogSoftmax, LogSumExp, Max, Mean, Min, Softmax, Sum, argmax, l2_norm,
    log_softmax, logsumexp, max, mean, min, softmax, sum, variance,
)  # fmt: skip
from chainrule.ops.shaping import (
    BroadcastLike, BroadcastTo, Concatenate, Count, ExpandDims, Reshape, ReshapeLike,
    Slice, Squeeze, SumLike, Transpose, Unslice, ZerosLike, broadcast_like,
    broadcast_to, concatenate, expand_dims, reshape, reshape_like, slice_, squeeze,
    sum_like, transpose, zeros_like,
)  # fmt: skip

operators.update(
    add=add, sub=sub, mul=mul, div=div, pow=pow, neg=neg, abs=abs, matmul=matmul,
    less=less, less_equal=less_equal, greater=greater, greater_equal=greater_equal,
    slice=slice_, transpose=transpose, sum=sum, mean=mean, reshape=reshape,
)  # fmt: skip

PRIMITIVES: tuple[type[Op], ...] = (
    Abs, Add, Div, Log, Maximum, Minimum, Mul, Neg, Pow, Reciprocal, Sign, Sqrt,
    Square, Sub, Equal, Greater, GreaterEqual, IsFinite, Less, LessEqual, LogicalAnd,
    LogicalNot, LogicalOr, NotEqual, ToFloat, ToInt, Where, AlsoUpdate, Identity,
    StopGradient, Training, Cos, Erf, Exp, Expm1, Log1p, Relu, Sigmoid, Sin, Softplus,
    Tanh, OneHot, Pick, Take, Matmul, Uniform, Argmax, LogSoftmax, LogSumExp, Max,
    Mean, Min, Softmax, Sum, BroadcastLike, BroadcastTo, Concatenate, Count,
    ExpandDims, Reshape, ReshapeLike, Slice, Squeeze, SumLike, Transpose, Unslice,
    ZerosLike,
)  # fmt: skip
"""Every built-in op class, as registered by `chainrule.plugins.primitives`."""

__all__ = [
    "PRIMITIVES", "Elementwise", "Op",
    "abs", "add", "also_update", "argmax", "bernoulli", "broadcast_like",
    "broadcast_to", "concatenate", "cos", "div", "equal", "erf", "exp", "expand_dims",
    "expm1", "greater", "greater_equal", "identity", "is_finite", "l2_norm", "less",
    "less_equal", "log", "log1p", "log_softmax", "logical_and", "logical_not",
    "logical_or", "logsumexp", "matmul", "max", "maximum", "mean", "min", "minimum",
    "mul", "named", "neg", "normal", "not_equal", "one_hot", "pick", "pow",
    "reciprocal", "relu", "reshape", "reshape_like", "sigmoid", "sign", "sin",
    "slice_", "softmax", "softplus", "sqrt", "square", "squeeze", "stop_gradient",
    "sub", "sum", "sum_like", "take", "tanh", "to_float", "to_int", "training",
    "transpose", "uniform", "variance", "where", "zeros_like",
]  # fmt: skip
