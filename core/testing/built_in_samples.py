"""Samples of the built-in ops that are not elementwise, or do not take real numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np

from chainrule import ops
from chainrule.node import Parameter
from chainrule.ops import Op
from chainrule.testing.values import REAL, Array, Sizes, between

Sample: TypeAlias = tuple[Op, tuple[Array | Parameter, ...]]
"""An op with its attributes, and operands for it."""
Sampler: TypeAlias = Callable[[Sizes, np.random.Generator], Sample]


def _real(shape: Sizes, random: np.random.Generator) -> Array:
    return between(REAL, shape, random)


def _bool(shape: Sizes, random: np.random.Generator) -> Array:
    return random.random(shape) < 0.5


def _logical(cls: Callable[[], Op], operands: int) -> Sampler:
    return lambda shape, random: (
        cls(), tuple(_bool(shape, random) for _ in range(operands))
    )  # fmt: skip


def _reduction(cls: Callable[[tuple[int, ...], bool], Op]) -> Sampler:
    def sampler(shape: Sizes, random: np.random.Generator) -> Sample:
        axes = tuple(i for i in range(len(shape)) if random.random() < 0.5)
        return cls(axes, bool(random.random() < 0.5)), (_real(shape, random),)

    return sampler


def _along(cls: Callable[[int], Op]) -> Sampler:
    return lambda shape, random: (
        cls(int(random.integers(len(shape)))), (_real(shape, random),)
    )  # fmt: skip


def _like(op: Op, shape_of_first: Callable[[Sizes], Sizes]) -> Sampler:
    """Sample an op that reads only the shape of its second operand."""
    return lambda shape, random: (
        op, (_real(shape_of_first(shape), random), _real(shape, random))
    )  # fmt: skip


def _also_update(shape: Sizes, random: np.random.Generator) -> Sample:
    target = Parameter("target", 0.0, trainable=False)
    return ops.AlsoUpdate(), (_real(shape, random), target, _real((), random))


def _where(shape: Sizes, random: np.random.Generator) -> Sample:
    return ops.Where(), (
        _bool(shape, random),
        _real(shape, random),
        _real(shape, random),
    )


def _one_hot(shape: Sizes, random: np.random.Generator) -> Sample:
    return ops.OneHot(4), (random.integers(4, size=shape),)


def _pick(shape: Sizes, random: np.random.Generator) -> Sample:
    indices = random.integers(shape[-1], size=shape[:-1])
    return ops.Pick(), (_real(shape, random), indices)


def _take(shape: Sizes, random: np.random.Generator) -> Sample:
    return ops.Take(), (_real(shape, random), random.integers(shape[0], size=(2, 3)))


def _scatter_add(shape: Sizes, random: np.random.Generator) -> Sample:
    return ops.ScatterAdd(3), (_real(shape, random), random.integers(3, size=shape[0]))


def _scatter_add_like(shape: Sizes, random: np.random.Generator) -> Sample:
    _, operands = _scatter_add(shape, random)
    return ops.ScatterAddLike(), (*operands, _real((3, 2), random))


def _matmul(shape: Sizes, random: np.random.Generator) -> Sample:
    *batch, m, k = (1, *shape) if len(shape) == 1 else shape
    flags = bool(random.random() < 0.5), bool(random.random() < 0.5)
    a = (*batch, k, m) if flags[0] else (*batch, m, k)
    stack = batch if random.random() < 0.5 else []
    b = (*stack, 3, k) if flags[1] else (*stack, k, 3)
    return ops.Matmul(*flags), (_real(a, random), _real(b, random))


def _cumsum(shape: Sizes, random: np.random.Generator) -> Sample:
    axis = int(random.integers(len(shape)))
    return ops.Cumsum(axis, bool(random.random() < 0.5)), (_real(shape, random),)


def _concatenate(shape: Sizes, random: np.random.Generator) -> Sample:
    axis = len(shape) - 1
    other = (*shape[:-1], shape[-1] + 1)
    return ops.Concatenate(axis), (_real(shape, random), _real(other, random))


def _part(shape: Sizes, random: np.random.Generator) -> Sample:
    whole, parts = (2 * shape[0] + 1, *shape[1:]), ((shape[0] + 1, *shape[1:]), shape)
    return ops.Part(0, 1), tuple(_real(each, random) for each in (whole, *parts))


def _transpose(shape: Sizes, random: np.random.Generator) -> Sample:
    axes = tuple(int(axis) for axis in random.permutation(len(shape)))
    return ops.Transpose(axes), (_real(shape, random),)


def _some_ranges(shape: Sizes) -> tuple[tuple[int, int | None, int], ...]:
    last = (-shape[-1], None, 2) if len(shape) % 2 else (0, (shape[-1] + 1) // 2, 1)
    return (*[(0, None, 1)] * (len(shape) - 1), last)


def _slice(shape: Sizes, random: np.random.Generator) -> Sample:
    return ops.Slice(_some_ranges(shape)), (_real(shape, random),)


def _unslice(shape: Sizes, random: np.random.Generator) -> Sample:
    ranges = _some_ranges(shape)
    part = np.empty(shape)[tuple(slice(*r) for r in ranges)].shape
    return ops.Unslice(ranges), (_real(part, random), _real(shape, random))


def _of_one(op: Callable[[Sizes], Op], inner: Callable[[Sizes], Sizes]) -> Sampler:
    """Sample an op of one operand; op and operand both depend on the shape."""
    return lambda shape, random: (op(shape), (_real(inner(shape), random),))


SAMPLERS: Mapping[type[Op], Sampler] = {
    ops.LogicalAnd: _logical(ops.LogicalAnd, 2),
    ops.LogicalOr: _logical(ops.LogicalOr, 2),
    ops.LogicalNot: _logical(ops.LogicalNot, 1),
    ops.Where: _where,
    ops.AlsoUpdate: _also_update,
    ops.Training: lambda s, r: (ops.Training(), (_real(s, r), _real(s, r))),
    ops.OneHot: _one_hot,
    ops.Pick: _pick,
    ops.Take: _take,
    ops.ScatterAdd: _scatter_add,
    ops.ScatterAddLike: _scatter_add_like,
    ops.Matmul: _matmul,
    ops.Uniform: _of_one(lambda _: ops.Uniform("sample"), lambda s: s),
    ops.Argmax: _along(ops.Argmax),
    ops.Argsort: _of_one(lambda _: ops.Argsort(), lambda s: s),
    ops.Cumsum: _cumsum,
    ops.Softmax: _along(ops.Softmax),
    ops.LogSoftmax: _along(ops.LogSoftmax),
    ops.LogSumExp: _reduction(ops.LogSumExp),
    ops.Max: _reduction(ops.Max),
    ops.Mean: _reduction(ops.Mean),
    ops.Prod: _reduction(ops.Prod),
    ops.Min: _reduction(ops.Min),
    ops.Sum: _reduction(ops.Sum),
    ops.Count: _of_one(lambda s: ops.Count((len(s) - 1,)), lambda s: s),
    ops.BroadcastLike: _like(ops.BroadcastLike(), lambda s: (1, *s[1:])),
    ops.SumLike: lambda s, r: (ops.SumLike(), (_real(s, r), _real((1, *s[1:]), r))),
    ops.BroadcastTo: _of_one(lambda s: ops.BroadcastTo((2, *s)), lambda s: s),
    ops.ReshapeLike: _like(ops.ReshapeLike(), lambda s: (math.prod(s),)),
    ops.Reshape: _of_one(lambda s: ops.Reshape((math.prod(s),)), lambda s: s),
    ops.ExpandDims: _of_one(lambda _: ops.ExpandDims((1,)), lambda s: s),
    ops.Squeeze: _of_one(lambda _: ops.Squeeze((1,)), lambda s: (s[0], 1, *s[1:])),
    ops.ZerosLike: _of_one(lambda _: ops.ZerosLike(), lambda s: s),
    ops.Concatenate: _concatenate,
    ops.Part: _part,
    ops.Transpose: _transpose,
    ops.Slice: _slice,
    ops.Unslice: _unslice,
}
"""Class of op → what makes a sample of it."""
