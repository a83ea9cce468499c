"""Kernels that compute a group of nodes, element by element or row by row."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

from chainrule import ops
from chainrule.backends.opencl.source.accumulators import REDUCTIONS, accumulate
from chainrule.backends.opencl.source.body import Body, KernelContext, Target
from chainrule.backends.opencl.source.fusion import Group
from chainrule.backends.opencl.source.index import FLAT, LANE
from chainrule.backends.opencl.source.kernel_text import NotVector
from chainrule.backends.opencl.source.launch import Launch, row_of_items
from chainrule.backends.opencl.source.layout import View
from chainrule.node import Node
from chainrule.program.sizes import sizes


def group_launch(
    context: KernelContext, group: Group, targets: Sequence[Target]
) -> Launch:
    """Return the launch that computes a group and stores some of its nodes.

    The kernel has the best form that fits: all arrays as one long row, or row by row;
    by vectors, or by single numbers.
    """
    rows = _fill_rows if group.reductions else _fill_chunks
    widths = context.widths if group.shape and group.shape[-1] > 1 else (1,)
    forms = [] if group.reductions else [(_fill_flat, context.widths)]
    for fill, tried in (*forms, (rows, widths)):
        kernel = partial(fill, group=group, targets=targets)
        filled = context.filled(kernel, tried, computes=group.members)
        if filled is not None:
            body, items = filled
            elements = math.prod(group.shape)
            return row_of_items(body, group.label, group.members, items, elements)
    raise AssertionError("single elements can always be computed")


def copy_launch(context: KernelContext, node: Node, target: View) -> Launch:
    """Return the launch that copies a node's value."""
    group = Group(0, sizes(node))
    made = group_launch(context, group, [Target(node, group.full, target)])
    return replace(made, label="copy", nodes=(node,), auxiliary=True)


def _fill_flat(body: Body, group: Group, targets: Sequence[Target]) -> int:
    """Treat all arrays as one long row; return the number of work items."""
    size, width = math.prod(group.shape), body.width
    if any(not view.contiguous or view.size != size for _, _, view in targets):
        raise NotVector
    first = "get_global_id(0)" if width == 1 else f"get_global_id(0) * {width}"
    body.line(f"const size_t i = {first};")
    flat = [Target(node, FLAT, view) for node, _, view in targets]
    vectors_and_rest(body, "i", size, lambda: body.store_all(flat))
    return -(-size // width)


def _fill_chunks(body: Body, group: Group, targets: Sequence[Target]) -> int:
    """Let each item compute one vector of one row; return the number of items."""
    *rows, last = [*group.shape] or [1]
    chunks = -(-last // body.width)
    if chunks > 1 or body.width > 1:
        body.line(f"const int {LANE} = get_global_id(0) % {chunks} * {body.width};")
    row = "get_global_id(0)" if chunks == 1 else f"get_global_id(0) / {chunks}"
    body.row_indices(rows, row)
    vectors_and_rest(body, LANE, last, lambda: body.store_all(targets))
    return math.prod(rows) * chunks


def _fill_rows(body: Body, group: Group, targets: Sequence[Target]) -> int:
    """Let each item go over one row as often as needed; return the number of rows."""
    *rows, last = group.shape
    body.row_indices(rows, "get_global_id(0)")
    if 0 < last <= body.width:  # what one pass computes, the next one finds
        body.line(f"const int {LANE} = 0;")
        with body.lanes(last if last < body.width else None):
            _compute_rows(body, group, targets)
    else:
        _compute_rows(body, group, targets)
    return math.prod(rows)


def _compute_rows(body: Body, group: Group, targets: Sequence[Target]) -> None:
    """Go over a row as often as needed."""
    last = group.shape[-1]
    passes = _passes_before(group)
    for done in range(max(passes.values())):
        _compute_row_numbers(body, group, passes, done)
        _reduce_row(body, group, [n for n in group.reductions if passes[n] == done + 1])
    _compute_row_numbers(body, group, passes, max(passes.values()))
    body.store_all(target for target in targets if LANE not in target.at)
    along = [target for target in targets if LANE in target.at]
    if along:
        _go_along(body, last, lambda: body.store_all(along))


def _passes_before(group: Group) -> dict[Node, int]:
    """Count for each member how often the row must have been gone over before."""
    passes: dict[Node, int] = {}
    for node in group.members:
        before = max([passes.get(x, 0) for x in node.inputs], default=0)
        passes[node] = before + (type(node.op) in REDUCTIONS)
    return passes


def _compute_row_numbers(
    body: Body, group: Group, passes: dict[Node, int], done: int
) -> None:
    """Compute the members that are one number for the row, after so many passes."""
    for node, index in group.members.items():
        if LANE not in index and passes[node] <= done:
            body.value(node, index)


def _reduce_row(body: Body, group: Group, reductions: Iterable[Node]) -> None:
    """Gather some reductions while going over the row once."""
    last = group.shape[-1]
    vector = body.width > 1 and last > 1
    gathered = []
    for node in reductions:
        if isinstance(node.op, ops.Argmax) and body.width > 1:
            raise NotVector
        gathered.append((node, accumulate(body, node, vector=vector)))

    def merge() -> None:
        for node, accumulator in gathered:
            value = body.value(node.inputs[0], group.full)
            accumulator.merge(value, LANE if last > 1 else "0")

    _go_along(body, last, merge)
    for node, accumulator in gathered:
        accumulator.finish(group.members[node])


def _go_along(body: Body, size: int, fill: Callable[[], None]) -> None:
    """Append a loop over the vectors of a row, then the rest of the row.

    A row of one vector needs neither: the body is where its elements are.
    """
    if 0 < size <= body.width:
        fill()
        return
    rest = size % body.width
    if size > rest:
        step = f"{LANE} += {body.width}"
        with body.block(f"for (int {LANE} = 0; {LANE} < {size - rest}; {step})"):
            fill()
    if rest:
        with body.lanes(rest), body.block(""):
            body.line(f"const int {LANE} = {size - rest};")
            fill()


def vectors_and_rest(
    body: Body, lane: str, size: int, fill: Callable[[], None]
) -> None:
    """Append the code for a whole vector, and for the shorter one that ends a row."""
    rest = size % body.width
    if not rest:
        fill()
        return
    if size > rest:
        with body.block(f"if ({lane} + {body.width} <= {size})"):
            fill()
    with body.lanes(rest), body.block("else" if size > rest else ""):
        fill()
