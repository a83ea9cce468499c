"""Kernels chosen by shape: products, reductions, indexing, random numbers.

Which form is chosen was measured: a dot with a vector of ones sums a small matrix in a
third of the time of `add.reduce`, `dot` beats `matmul` on small results, and a maximum
over a short last axis is faster on a transposed copy.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from chainrule import ops
from chainrule.backends.numpy.memory import Array
from chainrule.backends.numpy.random import UniformStream
from chainrule.backends.numpy.scatter import scatter_add
from chainrule.backends.numpy.script import label
from chainrule.backends.numpy.storage import Storage
from chainrule.node import Node
from chainrule.ops import Op
from chainrule.ops.reductions import Reduction
from chainrule.program.sizes import sizes

DOT_UP_TO = 60_000
"""Elements of a product up to which `dot` is faster than `matmul`."""
ONES_UP_TO = 4096
"""Terms up to which a sum is a dot with ones; longer ones are summed pairwise."""
SHORT_AXIS = 64
"""Length of a last axis up to which its maximum is taken on a transposed copy."""


def matmul(storage: Storage, node: Node) -> None:
    """Add a matrix product to the script."""
    op, script = node.op, storage.script
    assert isinstance(op, ops.Matmul)
    a, b = (storage.array[x] for x in node.inputs)
    if op.transpose_a:
        a = a.swapaxes(-1, -2)
    if op.transpose_b:
        b = b.swapaxes(-1, -2)
    out = storage.result(node)
    if a.ndim > 2 and b.ndim == 2 and a.flags.c_contiguous:
        a, out = a.reshape(-1, a.shape[-1]), out.reshape(-1, out.shape[-1])
    flags = op.transpose_a, op.transpose_b
    x, y = (
        script.name(array, storage.operand(x) + ("_T" if flag else ""))
        for array, x, flag in zip((a, b), node.inputs, flags, strict=True)
    )
    result = script.name(out, label(node))
    if out.ndim == 2 and out.size < DOT_UP_TO:
        script.line(f"{script.dot(a, x)}({y}, {result})", node)
    else:
        script.line(f"matmul({x}, {y}, {result})", node)


def total(storage: Storage, node: Node) -> None:
    """Add a sum over axes to the script."""
    op, script = node.op, storage.script
    assert isinstance(op, Reduction)
    x = storage.array[node.inputs[0]]
    name = storage.operand(node.inputs[0])
    terms = math.prod(x.shape[axis] for axis in op.axes)
    plain = node.dtype == "float" and x.flags.c_contiguous and 0 < terms <= ONES_UP_TO
    if node.shape == ():
        number = script.fresh(label(node))
        if plain:
            flat = script.name(x.reshape(-1), f"{name}_flat")
            script.line(f"{number} = {script.ones_dot(terms)}({flat})", node)
        else:
            script.line(f"{number} = add_reduce({name}, None)", node)
        storage.set_number(node, number)
        return
    out = storage.result(node)
    flat_out = script.name(out.reshape(-1), label(node))
    leading = op.axes == tuple(range(len(op.axes)))
    trailing = op.axes == tuple(range(x.ndim - len(op.axes), x.ndim))
    if plain and leading:
        matrix = script.name(x.reshape(terms, -1), name)
        script.line(f"{script.ones_dot(terms)}({matrix}, {flat_out})", node)
    elif plain and trailing:
        dot = script.dot(x.reshape(-1, terms), name)
        script.line(f"{dot}({script.ones(terms)}, {flat_out})", node)
    else:
        _reduce(storage, node, "add_reduce", out)


def largest(storage: Storage, node: Node) -> None:
    """Add a maximum over axes to the script."""
    assert isinstance(node.op, Reduction)
    x = storage.array[node.inputs[0]]
    short = x.ndim == 2 and node.op.axes == (1,) and 0 < x.shape[1] <= SHORT_AXIS
    if not short or node.dtype != "float":
        _reduce(storage, node, "max_reduce", storage.result(node))
        return
    flat_out = storage.script.name(storage.result(node).reshape(-1), label(node))
    turned = storage.scratch(x.shape[::-1])
    operand = storage.operand(node.inputs[0])
    storage.script.line(f"copyto({turned}, {operand}.T)", node)
    storage.script.line(f"max_reduce({turned}, 0, None, {flat_out})", node)


def smallest(storage: Storage, node: Node) -> None:
    """Add a minimum over axes to the script."""
    _reduce(storage, node, "min_reduce", storage.result(node))


def product(storage: Storage, node: Node) -> None:
    """Add a product over axes to the script."""
    _reduce(storage, node, "product_reduce", storage.result(node))


def _reduce(storage: Storage, node: Node, function: str, result: Array) -> None:
    op, script = node.op, storage.script
    assert isinstance(op, Reduction)
    x, out = storage.operand(node.inputs[0]), script.name(result, label(node))
    script.line(f"{function}({x}, {op.axes}, None, {out}, {op.keepdims})", node)


def argmax(storage: Storage, node: Node) -> None:
    """Add the index of the largest element to the script."""
    assert isinstance(node.op, ops.Argmax)
    x, out = storage.operand(node.inputs[0]), storage.target(node)
    storage.script.line(f"argmax({x}, {node.op.axis}, {out})", node)


def cumsum(storage: Storage, node: Node) -> None:
    """Add a running sum to the script."""
    assert isinstance(node.op, ops.Cumsum)
    script, axis = storage.script, node.op.axis
    x, out = storage.array[node.inputs[0]], storage.result(node)
    if node.op.reverse:
        x, out = np.flip(x, axis), np.flip(out, axis)
    operand = script.name(x, storage.operand(node.inputs[0]))
    result = script.name(out, label(node))
    script.line(f"add_accumulate({operand}, {axis}, None, {result})", node)


def argsort(storage: Storage, node: Node) -> None:
    """Add the indices that sort the last axis to the script."""
    x, out = storage.operand(node.inputs[0]), storage.target(node)
    storage.script.line(f"copyto({out}, {x}.argsort(-1, 'stable'))", node)


def one_hot(storage: Storage, node: Node) -> None:
    """Add rows of the unit matrix to the script."""
    assert isinstance(node.op, ops.OneHot)
    depth, script = node.op.depth, storage.script
    eye = script.name(np.eye(depth, dtype=storage.memory.floats), f"eye_{depth}")
    index = storage.operand(node.inputs[0])
    script.check_index(node, index, depth)
    script.line(f"{eye}.take({index}, 0, {storage.target(node)}, 'clip')", node)


def take(storage: Storage, node: Node) -> None:
    """Add rows chosen by index to the script."""
    x, index = (storage.operand(i) for i in node.inputs)
    out = storage.target(node)
    storage.script.check_index(node, index, sizes(node.inputs[0])[0])
    storage.script.line(f"{x}.take({index}, 0, {out}, 'clip')", node)


def pick(storage: Storage, node: Node) -> None:
    """Add one element of each row to the script, by its place in the flat array."""
    script = storage.script
    x = storage.array[node.inputs[0]]
    operand, index = (storage.operand(i) for i in node.inputs)
    *outer, last = x.shape
    rows = np.arange(math.prod(outer)).reshape(outer) * last
    place = script.name(np.empty(sizes(node), np.int64), "place")
    start = script.name(rows, "row_start")
    out = storage.target(node)
    flat = f"{operand}.reshape(-1)"
    if np.may_share_memory(x.reshape(-1), x):
        flat = script.name(x.reshape(-1), f"{operand}_flat")
    script.check_index(node, index, x.shape[-1])
    script.line(f"add({index}, {start}, {place})", node)
    script.line(f"{flat}.take({place}, None, {out}, 'clip')", node)


def concatenate(storage: Storage, node: Node) -> None:
    """Add a copy of all operands side by side to the script."""
    assert isinstance(node.op, ops.Concatenate)
    parts = ", ".join(storage.operand(x) for x in node.inputs)
    out = storage.target(node)
    storage.script.line(f"concatenate(({parts},), {node.op.axis}, {out})", node)


def unslice(storage: Storage, node: Node) -> None:
    """Add zeros to the script, with the operand put where it was sliced from."""
    assert isinstance(node.op, ops.Unslice)
    script = storage.script
    x = storage.operand(node.inputs[0])
    out = storage.result(node)
    window = out[tuple(slice(*r) for r in node.op.ranges)]
    script.line(f"{script.name(out, label(node))}.fill(0)", node)
    script.line(f"copyto({script.name(window, 'window')}, {x})", node)


def uniform(storage: Storage, node: Node) -> None:
    """Add a draw of random numbers to the script."""
    assert isinstance(node.op, ops.Uniform)
    assert isinstance(node.op.stream, str)
    stream = UniformStream(node.op.stream, sizes(node))
    name = storage.script.name(stream, "stream")
    storage.script.line(f"{name}.fill({storage.target(node)}, seed, step)", node)


SHAPED: Mapping[type[Op], Callable[[Storage, Node], None]] = {
    ops.Matmul: matmul,
    ops.Sum: total,
    ops.Max: largest,
    ops.Min: smallest,
    ops.Prod: product,
    ops.Cumsum: cumsum,
    ops.Argmax: argmax,
    ops.Argsort: argsort,
    ops.OneHot: one_hot,
    ops.Take: take,
    ops.Pick: pick,
    ops.ScatterAdd: scatter_add,
    ops.Concatenate: concatenate,
    ops.Unslice: unslice,
    ops.Uniform: uniform,
}
"""For each op the function that adds the lines that compute it."""
