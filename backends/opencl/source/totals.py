"""Totals: numbers summed over many runs without losing digits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chainrule.backends.opencl.source.body import KernelContext
from chainrule.backends.opencl.source.launch import Launch, row_of_items
from chainrule.backends.opencl.source.layout import Argument, View
from chainrule.node import Node
from chainrule.program.sizes import count, sizes


def totals_launch(
    context: KernelContext, totals: Sequence[tuple[int, Node]], sums: View
) -> Launch:
    """Return the launch that adds totals to sums, and rounding errors to their own.

    Args:
        context: shared with the other kernels of the phase.
        totals: what is added, after the row of `sums` that its first element goes to.
        sums: a row for each element: its sum, and the sum of the errors.
    """
    body, kind = replace(context, watch=None).body(), context.floats
    name = body.argument(Argument(sums.slot, kind))
    for first, node in totals:
        shape = sizes(node)
        with body.block(f"for (int k = 0; k < {count(node)}; k++)"):
            body.row_indices(shape, "k")
            index = tuple("0" if n == 1 else f"r{axis}" for axis, n in enumerate(shape))
            x = body.cast(body.value(node, index), "float")
            row = f"{2 * first} + 2 * k"
            body.line(f"const {kind} x = {x}, s = {name}[{row}], t = s + x;")
            body.line(f"const {kind} b = t - s;")
            body.line(f"{name}[{row}] = t;")
            body.line(f"{name}[{row} + 1] += (s - (t - b)) + (x - b);")
    nodes = [node for _, node in totals]
    elements = sum(map(count, nodes))
    made = row_of_items(body, "totals", nodes, items=1, elements=elements)
    return replace(made, auxiliary=True)
