"""Kernels that depend on shapes: products, reductions, indexing, random numbers.

Which form is chosen was measured: a dot with a vector of ones sums a small matrix in a
third of the time of `add.reduce`, `dot` beats `matmul` on small results, and a maximum
over a short last axis is faster on a transposed copy.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from chainrule import ops
from chainrule.backends.numpy.memory import label, sizes
from chainrule.backends.numpy.random import UniformStream
from chainrule.node import Node
from chainrule.ops import Op
from chainrule.ops.reductions import Reduction

if TYPE_CHECKING:
    from chainrule.backends.numpy.generate import PhaseCode

DOT_UP_TO = 60_000
"""Elements of a product up to which `dot` is faster than `matmul`."""
ONES_UP_TO = 4096
"""Terms up to which a sum is a dot with ones; longer ones are summed pairwise."""
SHORT_AXIS = 64
"""Length of a last axis up to which its maximum is taken on a transposed copy."""


def matmul(phase: PhaseCode, node: Node) -> None:
    """Emit a matrix product."""
    op, code = node.op, phase.code
    assert isinstance(op, ops.Matmul)
    a, b = (phase.array[x] for x in node.inputs)
    if op.transpose_a:
        a = a.swapaxes(-1, -2)
    if op.transpose_b:
        b = b.swapaxes(-1, -2)
    out = phase.result(node)
    if a.ndim > 2 and b.ndim == 2 and a.flags.c_contiguous:
        a, out = a.reshape(-1, a.shape[-1]), out.reshape(-1, out.shape[-1])
    multiplications = math.prod(out.shape[-2:]) * a.shape[-1]
    code.largest_product = max(code.largest_product, multiplications)
    small = out.ndim == 2 and out.size < DOT_UP_TO
    flags = op.transpose_a, op.transpose_b
    names = [
        code.name(v, phase.operand(x) + ("_T" if flag else ""))
        for v, x, flag in zip((a, b), node.inputs, flags, strict=True)
    ]
    result = code.name(out, label(node))
    if small:
        code.line(f"{code.dot(a, names[0])}({names[1]}, {result})", node)
    else:
        code.line(f"matmul({names[0]}, {names[1]}, {result})", node)


def total(phase: PhaseCode, node: Node) -> None:
    """Emit a sum over axes."""
    op, code = node.op, phase.code
    assert isinstance(op, Reduction)
    x = phase.array[node.inputs[0]]
    terms = math.prod(x.shape[a] for a in op.axes)
    plain = node.dtype == "float" and x.flags.c_contiguous and 0 < terms <= ONES_UP_TO
    if node.shape == ():
        name = code.fresh(label(node))
        if plain:
            flat = code.name(x.reshape(-1), f"{phase.operand(node.inputs[0])}_flat")
            ones = code.ones_dot(terms)
            code.line(f"{name} = {ones}({flat})", node)
        else:
            code.line(
                f"{name} = add_reduce({phase.operand(node.inputs[0])}, None)", node
            )
        phase.scalar[node] = name
        phase.hold(node)
        return
    out = phase.result(node)
    flat_out = code.name(out.reshape(-1), label(node))
    leading = op.axes == tuple(range(len(op.axes)))
    trailing = op.axes == tuple(range(x.ndim - len(op.axes), x.ndim))
    if plain and leading:
        matrix = code.name(x.reshape(terms, -1), phase.operand(node.inputs[0]))
        code.line(f"{code.ones_dot(terms)}({matrix}, {flat_out})", node)
    elif plain and trailing:
        matrix = code.dot(x.reshape(-1, terms), phase.operand(node.inputs[0]))
        code.line(f"{matrix}({code.ones(terms)}, {flat_out})", node)
    else:
        _reduce(phase, node, "add_reduce", x, out)


def largest(phase: PhaseCode, node: Node) -> None:
    """Emit a maximum over axes."""
    op, code = node.op, phase.code
    assert isinstance(op, Reduction)
    x = phase.array[node.inputs[0]]
    short = x.ndim == 2 and op.axes == (1,) and 0 < x.shape[1] <= SHORT_AXIS
    if short and node.dtype == "float":
        flat_out = code.name(phase.result(node).reshape(-1), label(node))
        turned = phase.scratch(x.shape[::-1])
        code.line(f"copyto({turned}, {phase.operand(node.inputs[0])}.T)", node)
        code.line(f"max_reduce({turned}, 0, None, {flat_out})", node)
        return
    _extremum(phase, node, "max_reduce")


def smallest(phase: PhaseCode, node: Node) -> None:
    """Emit a minimum over axes."""
    _extremum(phase, node, "min_reduce")


def _extremum(phase: PhaseCode, node: Node, function: str) -> None:
    _reduce(phase, node, function, phase.array[node.inputs[0]], phase.result(node))


def _reduce(
    phase: PhaseCode,
    node: Node,
    function: str,
    x: npt.NDArray[Any],
    out: npt.NDArray[Any],
) -> None:
    op, code = node.op, phase.code
    assert isinstance(op, Reduction)
    names = phase.operand(node.inputs[0]), code.name(out, label(node))
    code.line(
        f"{function}({names[0]}, {op.axes}, None, {names[1]}, {op.keepdims})", node
    )


def argmax(phase: PhaseCode, node: Node) -> None:
    """Emit the index of the largest element."""
    assert isinstance(node.op, ops.Argmax)
    x = phase.operand(node.inputs[0])
    out = phase.code.name(phase.result(node), label(node))
    phase.code.line(f"argmax({x}, {node.op.axis}, {out})", node)


def one_hot(phase: PhaseCode, node: Node) -> None:
    """Emit rows of the unit matrix."""
    assert isinstance(node.op, ops.OneHot)
    code = phase.code
    eye = np.eye(node.op.depth, dtype=code.floats)
    name = code.name(eye, f"eye_{node.op.depth}")
    index = phase.operand(node.inputs[0])
    check_index(phase, node, index, node.op.depth)
    out = code.name(phase.result(node), label(node))
    code.line(f"{name}.take({index}, 0, {out}, 'clip')", node)


def take(phase: PhaseCode, node: Node) -> None:
    """Emit rows chosen by index."""
    x, index = (phase.operand(i) for i in node.inputs)
    out = phase.code.name(phase.result(node), label(node))
    check_index(phase, node, index, sizes(node.inputs[0])[0])
    phase.code.line(f"{x}.take({index}, 0, {out}, 'clip')", node)


def pick(phase: PhaseCode, node: Node) -> None:
    """Emit one element of each row, by its place in the flat array."""
    code = phase.code
    x = phase.array[node.inputs[0]]
    rows = np.arange(0, x.size, x.shape[-1]).reshape(x.shape[:-1])
    place = code.name(np.empty(rows.shape, np.int64), "place")
    start = code.name(rows, "row_start")
    out = code.name(phase.result(node), label(node))
    flat = code.name(x.reshape(-1), f"{phase.operand(node.inputs[0])}_flat")
    if not np.may_share_memory(x.reshape(-1), x):
        flat = f"{phase.operand(node.inputs[0])}.reshape(-1)"
    check_index(phase, node, phase.operand(node.inputs[1]), x.shape[-1])
    code.line(f"add({phase.operand(node.inputs[1])}, {start}, {place})", node)
    code.line(f"{flat}.take({place}, None, {out}, 'clip')", node)


def check_index(phase: PhaseCode, node: Node, index: str, bound: int) -> None:
    """Emit a check of indices, unless the program's are known to be in range."""
    if not phase.code.program.trusted:
        phase.code.namespace["in_range"] = in_range
        phase.code.line(f"in_range({index}, {bound})", node)


def in_range(index: npt.NDArray[Any], bound: int) -> None:
    """Refuse indices outside 0 … bound − 1."""
    if index.size and not 0 <= index.min() <= index.max() < bound:
        raise IndexError(f"indices must lie in 0 … {bound - 1}, got {index.min()} … "
                         f"{index.max()}")  # fmt: skip


def concatenate(phase: PhaseCode, node: Node) -> None:
    """Emit operands one behind the other."""
    assert isinstance(node.op, ops.Concatenate)
    parts = ", ".join(phase.operand(x) for x in node.inputs)
    out = phase.code.name(phase.result(node), label(node))
    phase.code.line(f"concatenate(({parts},), {node.op.axis}, {out})", node)


def unslice(phase: PhaseCode, node: Node) -> None:
    """Emit zeros with the operand put where it was sliced from."""
    assert isinstance(node.op, ops.Unslice)
    code = phase.code
    x = phase.operand(node.inputs[0])
    out = phase.result(node)
    window = out[tuple(slice(*r) for r in node.op.ranges)]
    code.line(f"{code.name(out, label(node))}.fill(0)", node)
    code.line(f"copyto({code.name(window, 'window')}, {x})", node)


def uniform(phase: PhaseCode, node: Node) -> None:
    """Emit a draw of random numbers."""
    assert isinstance(node.op, ops.Uniform)
    assert isinstance(node.op.stream, str)
    stream = phase.code.name(UniformStream(node.op.stream, sizes(node)), "stream")
    out = phase.code.name(phase.result(node), label(node))
    phase.code.line(f"{stream}.fill({out}, seed, step)", node)


SPECIAL: dict[type[Op], Callable[[PhaseCode, Node], None]] = {
    ops.Matmul: matmul,
    ops.Sum: total,
    ops.Max: largest,
    ops.Min: smallest,
    ops.Argmax: argmax,
    ops.OneHot: one_hot,
    ops.Take: take,
    ops.Pick: pick,
    ops.Concatenate: concatenate,
    ops.Unslice: unslice,
    ops.Uniform: uniform,
}
