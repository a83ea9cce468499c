"""Kernels of scattered sums: rows of an array, each added where an index names.

Floats cannot be added atomically in a fixed order. So every work item has elements of
the result to itself, goes over all indices, and adds what belongs to it: each sum is
taken in the order of the rows, and the same in every run.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from chainrule import ops
from chainrule.backends.opencl.source.body import Body, KernelContext
from chainrule.backends.opencl.source.index import LANE, Index
from chainrule.backends.opencl.source.kernel_text import Value
from chainrule.backends.opencl.source.launch import Launch, row_of_items
from chainrule.backends.opencl.source.layout import View
from chainrule.backends.opencl.source.rows import vectors_and_rest
from chainrule.node import Node
from chainrule.program.sizes import count, sizes


def scatter_launch(
    context: KernelContext, node: Node, target: View, parallel_items: int
) -> Launch:
    """Return the launch of a `ScatterAdd`, of about `parallel_items` work items."""
    last = sizes(node)[-1] if node.ndim > 1 else 1
    widths = context.widths if last > 1 else (1,)
    fill = partial(_fill, node=node, target=target, parallel_items=parallel_items)
    filled = context.filled(fill, widths)
    assert filled is not None, "single elements can always be added"
    body, items = filled
    elements = count(node) + count(node.inputs[0])
    return row_of_items(body, ops.ScatterAdd.type_name, [node], items, elements)


def _fill(body: Body, node: Node, target: View, parallel_items: int) -> int:
    """Let each item have one vector of every n-th row; return the number of items."""
    rows, *row = sizes(node)
    *outer, last = row or [1]
    chunks = -(-last // body.width)
    turns = _turns(rows, -(-parallel_items // max(1, math.prod(outer) * chunks)))
    body.row_indices([turns, *outer], f"get_global_id(0) / {chunks}")
    if last > 1:
        body.line(f"const int {LANE} = get_global_id(0) % {chunks} * {body.width};")
    within = [f"r{axis}" if n > 1 else "0" for axis, n in enumerate(outer, start=1)]
    within += [LANE if last > 1 else "0"] if row else []
    turn = "r0" if turns > 1 else "0"
    fill = partial(_fill_rows, body, node, target, tuple(within), turn, turns)
    vectors_and_rest(body, LANE, last, fill)
    return turns * math.prod(outer) * chunks


def _turns(rows: int, wanted: int) -> int:
    """Return a power of 2 into which rows are dealt out, one after the other."""
    turns = 1
    while turns < min(wanted, rows):
        turns *= 2
    return turns


def _fill_rows(
    body: Body, node: Node, target: View, within: Index, turn: str, turns: int
) -> None:
    """Set the item's rows to zero, then add to them what has their indices."""
    x, indices = node.inputs
    rows, vector = sizes(node)[0], body.width > 1
    with body.block(f"for (long r = {turn}; r < {rows}; r += {turns})"):
        body.store(target, ("r", *within), Value("0", node.dtype))

    def go_over(axes: Sequence[int]) -> None:
        if axes:
            k, size = f"k{axes[0]}", sizes(indices)[axes[0]]
            with body.block(f"for (int {k} = 0; {k} < {size}; {k}++)"):
                go_over(axes[1:])
            return
        at = tuple(
            f"k{axis}" if size > 1 else "0" for axis, size in enumerate(sizes(indices))
        )
        chosen = body.bounded(node, 1, at, rows)
        mine = f"if (({chosen} & {turns - 1}) == {turn})" if turns > 1 else ""
        with body.block(mine):
            given = body.value(x, (*at, *within))
            before = body.load(target, (chosen, *within), node.dtype)
            added = f"{before.text} + {body.cast(given, node.dtype, vector)}"
            total = body.named(Value(added, node.dtype, vector))
            body.watched(node, total)
            body.store(target, (chosen, *within), total)

    go_over(range(indices.ndim))
