"""Shape ops on top of each other: values, gradients and gradients of gradients.

Generated graphs of slices, concatenations, transposes, rows by index and whatever else
moves elements, of arrays with sizes 0 and 1 too and with an open axis, on both backends
against the reference. Losses that are linear have constants for gradients.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import numpy as np
import pytest

import chainrule as cr
from chainrule import ops
from chainrule.execution import open_backend
from chainrule.graph import topological
from chainrule.program.sizes import sizes
from chainrule.shapes import known_size
from chainrule.testing.reference import interpret

MOST = 120
"""Bound on the elements of a node."""
LEAVES = [(3, 4), (1, 4), (4, 1), (1, 1), (0, 3), (3, 0), (2, 3, 4), (2, 1, 3), (5,)]

Rule = Callable[[random.Random, cr.Node], cr.Node]


def some_slice(some: random.Random, size: int | None) -> slice | int:
    if size and some.random() < 0.25:
        return some.randrange(-size, size)
    ends = [None, 0, 1, 2, -1, -2, 7]
    begin, end = some.choice(ends), some.choice(ends)
    if size is None and (begin == -1 or end is not None):
        begin, end = 0, 7  # for a single element would have to be there
    return slice(begin, end, some.choice([None, 1, 2, 3]))


def sliced(some: random.Random, x: cr.Node) -> cr.Node:
    key = tuple(some_slice(some, size) for size in x.shape[: some.randint(0, x.ndim)])
    return x[(..., *key)] if len(key) == x.ndim and some.random() < 0.3 else x[key]


def transposed(some: random.Random, x: cr.Node) -> cr.Node:
    return ops.transpose(x, tuple(some.sample(range(x.ndim), x.ndim)))


def expanded(some: random.Random, x: cr.Node) -> cr.Node:
    return ops.expand_dims(x, some.randint(0, x.ndim))


def squeezed(some: random.Random, x: cr.Node) -> cr.Node:
    ones = [axis for axis, size in enumerate(x.shape) if size == 1]
    return ops.squeeze(x, some.choice(ones)) if ones else ops.sin(x)


def reshaped(some: random.Random, x: cr.Node) -> cr.Node:
    if 0 in x.shape:
        return ops.sin(x)
    open_axes = x.shape.count(None)
    return ops.reshape(x, (-1,) if open_axes else (-1, some.choice([1, x.shape[-1]])))


def repeated(some: random.Random, x: cr.Node) -> cr.Node:
    if None in x.shape:
        return ops.sin(x)
    longer = tuple(3 if n == 1 and some.random() < 0.5 else n for n in sizes(x))
    return ops.broadcast_to(x, (2, *longer) if some.random() < 0.5 else longer)


def joined(some: random.Random, x: cr.Node) -> cr.Node:
    axis = some.randrange(x.ndim)
    part = x[(*[slice(None)] * axis, slice(some.choice([0, 1]), some.choice([3, 9])))]
    return ops.concatenate(some.choice([[x, x], [x, part], [part, x, -part]]), axis)


def rows(some: random.Random, x: cr.Node) -> cr.Node:
    count = x.shape[0]
    if not count:
        return ops.sin(x)
    shape = some.choice([(), (0,), (1,), (4,), (2, 2)])
    at = np.array([some.randrange(count) for _ in range(int(np.prod(shape)))], int)
    return ops.take(x, at.reshape(shape))


def scattered(some: random.Random, x: cr.Node) -> cr.Node:
    if x.shape[0] is None:
        return ops.sin(x)
    at = np.array([some.randrange(3) for _ in range(x.shape[0])], int)
    return ops.scatter_add(x, at, 3)


def picked(some: random.Random, x: cr.Node) -> cr.Node:
    if None in x.shape or not x.shape[-1]:
        return ops.sin(x)
    *lead, last = sizes(x)
    at = np.array([some.randrange(last) for _ in range(int(np.prod(lead)))], int)
    return ops.pick(x, at.reshape(lead))


def stacked(some: random.Random, x: cr.Node) -> cr.Node:
    return ops.stack([x, -x, x][: some.randint(1, 3)], some.randint(0, x.ndim))


def padded(some: random.Random, x: cr.Node) -> cr.Node:
    widths = [(some.randint(0, 2), some.randint(0, 2)) for _ in x.shape]
    return ops.pad(x, widths, constant_values=some.choice([0, 1.5]))


def divided(some: random.Random, x: cr.Node) -> cr.Node:
    axis = some.randrange(x.ndim)
    size = x.shape[axis]
    if not size:
        return ops.sin(x)
    cut = some.randrange(size + 1)
    first, second = ops.split(x, [cut], axis)
    return ops.concatenate([second, first, second * second], axis)


def along(some: random.Random, x: cr.Node) -> cr.Node:
    """Accumulate, multiply or sort along an axis."""
    axis = some.randrange(x.ndim)
    if not x.shape[axis]:
        return ops.sin(x)
    ways: Sequence[Callable[[], cr.Node]] = [
        lambda: ops.cumsum(x, axis, reverse=some.random() < 0.5),
        lambda: ops.prod(x, axis),
        lambda: ops.sort(x, axis, descending=some.random() < 0.5),
    ]
    return some.choice(ways)()


def summed(some: random.Random, x: cr.Node) -> cr.Node:
    axis = some.randrange(x.ndim)
    keep = some.random() < 0.5
    reductions = [ops.sum] if x.shape[axis] in (0, None) else [ops.sum, ops.max]
    return some.choice(reductions)(x, axis, keepdims=keep)


def multiplied(some: random.Random, x: cr.Node) -> cr.Node:
    if x.ndim < 2:
        return x * x
    *stack, m, n = range(x.ndim)
    return ops.matmul(x, ops.transpose(x, (*stack, n, m)))


RULES: Sequence[Rule] = [
    sliced, sliced, sliced, transposed, transposed, expanded, squeezed, reshaped,
    repeated, joined, joined, rows, scattered, picked, summed, multiplied, stacked,
    padded, divided, along, along,
    lambda some, x: ops.sin(x), lambda some, x: ops.exp(-x * x), lambda some, x: 2 * x,
]  # fmt: skip


def generated(seed: int) -> tuple[list[cr.Node], dict[cr.Node, np.ndarray]]:
    """Return a loss, its gradient and the gradient's gradient, and feeds."""
    some = random.Random(seed)
    shape = some.choice(LEAVES)
    opened = shape[0] and some.random() < 0.4
    x = cr.input("x", (None, *shape[1:]) if opened else shape)
    y: cr.Node = x
    for _ in range(some.randint(1, 5)):
        if y.ndim:
            made = some.choice(RULES)(some, y)
            y = made if known_size(made.shape) <= MOST else y
    loss = ops.sum(y if some.random() < 0.4 else ops.square(y))
    (first,) = cr.grad(loss, [x])
    more = ops.sum(ops.square(first) + first * ops.sin(x))
    (second,) = cr.grad(more, [x])
    values = np.random.default_rng(seed).uniform(-1, 1, shape)
    return [y, loss, first, second], {x: values}


def test_the_generator_meets_every_op():
    seen = {
        node.op.type_name
        for seed in range(400)
        for root in generated(seed)[0]
        for node in topological([root])
        if node.op
    }
    assert seen >= {
        "slice", "unslice", "squeeze", "expand_dims", "transpose", "reshape",
        "broadcast_to", "concatenate", "part", "take", "scatter_add", "pick",
        "cumsum", "prod", "argsort",
    }  # fmt: skip


@pytest.mark.parametrize("block", range(8))
@pytest.mark.parametrize("name", ["numpy", "opencl"])
def test_combinations_compute_what_the_reference_does(name, block):
    backend = open_backend(name)
    if name == "opencl" and not all(met for met, _ in backend.diagnose()):
        pytest.skip("there is no OpenCL device")
    for seed in range(block * 25, (block + 1) * 25):
        nodes, feeds = generated(seed)
        wanted = interpret(nodes, feeds)
        got = cr.evaluate(nodes, feeds, backend=name, dtype="float64")
        for a, b in zip(got, wanted, strict=True):
            assert a.shape == b.shape, seed
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9, err_msg=str(seed))
