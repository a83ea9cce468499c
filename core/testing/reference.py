"""The reference: graphs interpreted node by node, by plain NumPy and without passes.

It is slow and obvious; every pass and every backend must compute the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from chainrule import ops, philox
from chainrule.errors import ConformanceError
from chainrule.graph import topological
from chainrule.node import Constant, Node, Parameter
from chainrule.ops.random import name_streams
from chainrule.testing.values import Array

_erf = np.vectorize(math.erf, otypes=[np.float64])


def interpret(
    nodes: Sequence[Node],
    feeds: Mapping[Any, npt.ArrayLike] | None = None,
    *,
    training: bool = False,
    seed: int = 0,
    step: int = 1,
) -> list[Array]:
    """Return the values of nodes in float64, as `chainrule.evaluate` should.

    Args:
        nodes: what to compute.
        feeds: input → its value.
        training: whether dropout and its like are active.
        seed: the seed of random ops.
        step: the number of the training step, of which random ops depend.

    Raises:
        ConformanceError: the reference lacks a function for an op.
    """
    given = feeds or {}
    order = topological(nodes)
    streams = name_streams(order)
    value: dict[Node, Array] = {}
    with np.errstate(all="ignore"):
        for node in order:
            operands = [value[x] for x in node.inputs]
            if isinstance(node, (Constant, Parameter)):
                array = node.value
            elif node.op is None:
                array = np.asarray(given[node])
            elif isinstance(node.op, ops.Uniform):
                random = philox.generator(seed, streams[node], step)
                array = random.random(_shape(node, operands), dtype=np.float32)
            elif isinstance(node.op, ops.Training):
                array = operands[0 if training else 1]
            elif isinstance(node.op, ops.Unslice):
                array = np.zeros(_shape(node, operands[1:]))
                array[tuple(slice(*each) for each in node.op.ranges)] = operands[0]
            elif type(node.op) in NUMPY:
                array = NUMPY[type(node.op)](node.op, *operands)
            else:
                name = type(node.op).__name__
                raise ConformanceError(f"the reference has no function for {name}")
            value[node] = np.asarray(array, _DTYPES[node.dtype])
    return [value[node] for node in nodes]


def interprets(cls: type[ops.Op]) -> bool:
    """Whether the reference knows an op."""
    return cls in NUMPY or cls in (ops.Uniform, ops.Training, ops.Unslice)


def _shape(node: Node, like: Sequence[Array]) -> tuple[int, ...]:
    """Return the shape that an operand lends a node; a lowered node has its own."""
    return like[0].shape if like else tuple(size or 0 for size in node.shape)


_DTYPES: Mapping[str, type[Any]] = {
    "float": np.float64,
    "int": np.int64,
    "bool": np.bool_,
}


Function: TypeAlias = Callable[..., Any]


def _plain(function: Function) -> Function:
    return lambda op, *operands: function(*operands)


def _reducing(function: Function) -> Function:
    return lambda op, x: function(x, axis=op.axes, keepdims=op.keepdims)


def _log_sum_exp(x: Array, axis: Any, keepdims: bool = True) -> Array:
    top = x.max(axis=axis, keepdims=True)
    total = np.log(np.exp(x - top).sum(axis=axis, keepdims=True)) + top
    result: Array = total if keepdims else total.squeeze(axis)
    return result


def _matmul(op: Any, a: Array, b: Array) -> Array:
    a = a.swapaxes(-1, -2) if op.transpose_a else a
    b = b.swapaxes(-1, -2) if op.transpose_b else b
    return a @ b


def _cumsum(x: Array, axis: int, reverse: bool) -> Array:
    flipped = np.flip(x, axis) if reverse else x
    total = np.cumsum(flipped, axis)
    return np.flip(total, axis) if reverse else total


def _sum_like(op: Any, x: Array, like: Array) -> Array:
    x = x.sum(axis=tuple(range(x.ndim - like.ndim)))
    axes = tuple(i for i, size in enumerate(like.shape) if size == 1 != x.shape[i])
    result: Array = x.sum(axis=axes, keepdims=True)
    return result


def _scatter_add(rows: int, x: Array, indices: Array) -> Array:
    y = np.zeros((rows, *x.shape[indices.ndim :]), x.dtype)
    np.add.at(y, indices, x)
    return y


def _part(op: Any, x: Array, *parts: Array) -> Array:
    ends = np.cumsum([part.shape[op.axis] for part in parts])
    part: Array = np.split(x, ends, op.axis)[op.position]
    return part


def _with_inferred(shape: tuple[int | None, ...]) -> tuple[int, ...]:
    return tuple(-1 if size is None else size for size in shape)


NUMPY: Mapping[type[ops.Op], Function] = {
    ops.Abs: _plain(np.abs),
    ops.Add: _plain(np.add),
    ops.Sub: _plain(np.subtract),
    ops.Mul: _plain(np.multiply),
    ops.Div: _plain(np.divide),
    ops.Neg: _plain(np.negative),
    ops.Pow: _plain(np.float_power),
    ops.Square: _plain(np.square),
    ops.Reciprocal: _plain(lambda x: 1 / x),
    ops.Sqrt: _plain(np.sqrt),
    ops.Sign: _plain(np.sign),
    ops.Floor: _plain(np.floor),
    ops.Ceil: _plain(np.ceil),
    ops.Round: _plain(np.rint),
    ops.Clip: _plain(lambda x, low, high: np.minimum(np.maximum(x, low), high)),
    ops.Log: _plain(np.log),
    ops.Maximum: _plain(np.maximum),
    ops.Minimum: _plain(np.minimum),
    ops.Equal: _plain(np.equal),
    ops.NotEqual: _plain(np.not_equal),
    ops.Less: _plain(np.less),
    ops.LessEqual: _plain(np.less_equal),
    ops.Greater: _plain(np.greater),
    ops.GreaterEqual: _plain(np.greater_equal),
    ops.LogicalAnd: _plain(np.logical_and),
    ops.LogicalOr: _plain(np.logical_or),
    ops.LogicalNot: _plain(np.logical_not),
    ops.IsFinite: _plain(np.isfinite),
    ops.ToFloat: _plain(lambda x: x),
    ops.ToInt: _plain(np.trunc),
    ops.Where: _plain(np.where),
    ops.AlsoUpdate: lambda op, x, target, new: x,
    ops.Identity: _plain(lambda x: x),
    ops.StopGradient: _plain(lambda x: x),
    ops.Sin: _plain(np.sin),
    ops.Cos: _plain(np.cos),
    ops.Exp: _plain(np.exp),
    ops.Expm1: _plain(np.expm1),
    ops.Log1p: _plain(np.log1p),
    ops.Tanh: _plain(np.tanh),
    ops.Erf: _plain(_erf),
    ops.LogCosh: _plain(lambda x: np.logaddexp(x, -x) - math.log(2)),
    ops.Relu: _plain(lambda x: np.maximum(x, 0)),
    ops.Sigmoid: _plain(lambda x: 0.5 * (1 + np.tanh(0.5 * x))),
    ops.Softplus: _plain(lambda x: np.logaddexp(0, x)),
    ops.OneHot: lambda op, x: np.eye(op.depth)[x],
    ops.Pick: _plain(lambda x, i: np.take_along_axis(x, i[..., None], -1)[..., 0]),
    ops.Take: _plain(lambda x, indices: x[indices]),
    ops.ScatterAdd: lambda op, x, i: _scatter_add(op.rows, x, i),
    ops.ScatterAddLike: lambda op, x, i, like: _scatter_add(len(like), x, i),
    ops.Matmul: _matmul,
    ops.Sum: _reducing(np.sum),
    ops.Mean: _reducing(np.mean),
    ops.Prod: _reducing(np.prod),
    ops.Max: _reducing(np.max),
    ops.Min: _reducing(np.min),
    ops.LogSumExp: _reducing(_log_sum_exp),
    ops.Cumsum: lambda op, x: _cumsum(x, op.axis, op.reverse),
    ops.Argsort: _plain(lambda x: x.argsort(-1, "stable")),
    ops.Argmax: lambda op, x: x.argmax(op.axis),
    ops.Softmax: lambda op, x: np.exp(x - _log_sum_exp(x, op.axis)),
    ops.LogSoftmax: lambda op, x: x - _log_sum_exp(x, op.axis),
    ops.BroadcastLike: _plain(lambda x, like: np.broadcast_to(x, like.shape)),
    ops.BroadcastTo: lambda op, x: np.broadcast_to(x, op.shape),
    ops.SumLike: _sum_like,
    ops.Concatenate: lambda op, *xs: np.concatenate(xs, op.axis),
    ops.Part: _part,
    ops.Count: lambda op, x: math.prod(x.shape[axis] for axis in op.axes),
    ops.ExpandDims: lambda op, x: np.expand_dims(x, op.axes),
    ops.Squeeze: lambda op, x: np.squeeze(x, op.axes),
    ops.Reshape: lambda op, x: x.reshape(_with_inferred(op.shape)),
    ops.ReshapeLike: _plain(lambda x, like: x.reshape(like.shape)),
    ops.Transpose: lambda op, x: x.transpose(op.axes),
    ops.Slice: lambda op, x: x[tuple(slice(*each) for each in op.ranges)],
    ops.ZerosLike: _plain(np.zeros_like),
}
"""For each built-in op, its result as a function of the op and its operands."""
