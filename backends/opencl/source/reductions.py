"""Kernels of reductions that no group computes: over any axes, or in parts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from chainrule import ops
from chainrule.backends.opencl.source.accumulators import accumulate
from chainrule.backends.opencl.source.body import Body, KernelContext
from chainrule.backends.opencl.source.index import FLAT, LANE, Index
from chainrule.backends.opencl.source.kernel_text import NotVector, Value
from chainrule.backends.opencl.source.launch import Launch, row_of_items
from chainrule.backends.opencl.source.layout import View, new_view
from chainrule.backends.opencl.source.rows import vectors_and_rest
from chainrule.node import Node
from chainrule.ops.reductions import Reduction
from chainrule.program.sizes import count, sizes

LONG = 1 << 14
"""Elements from which a sum over a whole array is computed in parts."""
PARTS = 64


def reduction_launches(
    context: KernelContext, node: Node, target: View
) -> list[Launch]:
    """Return the launches of a reduction: one, or two for all of a long array."""
    op, x = node.op, node.inputs[0]
    whole = isinstance(op, Reduction) and len(op.axes) == x.ndim > 0
    if whole and count(x) >= LONG and node.dtype == "float":
        parts = new_view(target.ctype, (PARTS,))
        fill = partial(_fill_parts, node=node, parts=parts)
        filled = context.filled(fill, (context.width,))
        if filled is not None:
            body, _ = filled
            first = row_of_items(body, "partial", [node], PARTS, count(x))
            return [first, _final_launch(context, node, parts, target)]
    return [_launch_by_results(context, node, target)]


def _launch_by_results(context: KernelContext, node: Node, target: View) -> Launch:
    """Return the launch of a reduction over any axes, with one item for each result."""
    fill = partial(_fill_results, node=node, target=target)
    filled = context.filled(fill, context.widths)
    assert filled is not None, "single elements can always be reduced"
    body, items = filled
    return row_of_items(body, _label(node), [node], items, count(node.inputs[0]))


def _fill_results(body: Body, node: Node, target: View) -> int:
    """Let each item compute one result, or one vector of them; return their number."""
    op, shape = node.op, sizes(node.inputs[0])
    assert isinstance(op, (Reduction, ops.Argmax))
    axes = (op.axis,) if isinstance(op, ops.Argmax) else op.axes
    keep = isinstance(op, Reduction) and op.keepdims
    left = [a for a in range(len(shape)) if a not in axes]
    along = bool(left) and left[-1] == len(shape) - 1 and shape[-1] > 1
    if body.width > 1 and (not along or isinstance(op, ops.Argmax)):
        raise NotVector
    index = [
        f"k{a}" if a in axes else "0" if shape[a] == 1 else f"r{a}"
        for a in range(len(shape))
    ]
    rows = [
        1 if a in axes or (along and a == left[-1]) else shape[a]
        for a in range(len(shape))
    ]
    last = shape[-1] if along else 1
    chunks = -(-last // body.width)
    if along:
        index[-1] = LANE
        body.line(f"const int {LANE} = get_global_id(0) % {chunks} * {body.width};")
    body.row_indices(rows, f"get_global_id(0) / {chunks}")
    result = tuple(
        "0" if a in axes else index[a] for a in range(len(shape)) if keep or a in left
    )
    fill = partial(_fill_result, body, node, target, axes, tuple(index), result)
    vectors_and_rest(body, LANE, last, fill)
    return math.prod(rows) * chunks


def _fill_result(
    body: Body,
    node: Node,
    target: View,
    axes: Sequence[int],
    index: Index,
    result: Index,
) -> None:
    """Gather one result, or one vector of results, and store it."""
    vector = body.width > 1
    accumulator = accumulate(body, node, vector=vector)
    x = node.inputs[0]

    def gather(axes: Sequence[int]) -> None:
        if axes:
            k, size = f"k{axes[0]}", sizes(x)[axes[0]]
            with body.block(f"for (int {k} = 0; {k} < {size}; {k}++)"):
                gather(axes[1:])
            return
        value = body.value(x, index)
        if vector and not value.vector:
            value = Value(body.cast(value, value.dtype, True), value.dtype, True)
        at = index[getattr(node.op, "axis", 0)] if index else "0"
        with body.lanes(None):
            accumulator.merge(value, at)

    gather(axes)
    value = Value(accumulator.name, node.dtype, vector)
    if node.dtype == "bool":
        accumulator.finish(result)
        value = body.value(node, result)
    body.watched(node, value)
    body.store(target, result, value)


def _fill_parts(body: Body, node: Node, parts: View) -> None:
    """Let each item reduce one part of a long array to one number."""
    size, width = count(node.inputs[0]), body.width
    share = -(-size // (parts.size * width)) * width
    body.line("const int part = get_global_id(0);")
    body.line(f"const long first = get_global_id(0) * {share}L;")
    total = accumulate(body, node, vector=width > 1)
    limit = f"min(first + {share}L, {size}L)"
    whole = f"{limit} - {width - 1}" if width > 1 else limit
    with body.block(f"for (long i = first; i < {whole}; i += {width})"):
        total.merge(body.value(node.inputs[0], FLAT), "0")
    rest = size % width
    if rest:
        here = f"if (first <= {size - 1} && first + {share} >= {size})"
        with body.lanes(rest), body.block(here):
            body.line(f"const long i = {size - rest};")
            total.merge(body.value(node.inputs[0], FLAT), "0")
    total.finish(())
    body.store(parts, ("part",), body.value(node, ()))


def _final_launch(
    context: KernelContext, node: Node, parts: View, target: View
) -> Launch:
    """Return the launch that reduces the parts of a long array."""
    body = context.body()
    total = accumulate(body, node, vector=False)
    with body.block(f"for (int k = 0; k < {parts.size}; k++)"):
        total.merge(body.load(parts, ("k",), node.dtype), "k")
    value = Value(total.name, node.dtype)
    body.watched(node, value)
    body.store(target, ("0",) * len(target.shape), value)
    return row_of_items(body, _label(node), [node], 1, parts.size)


def _label(node: Node) -> str:
    assert node.op is not None
    return node.op.type_name
