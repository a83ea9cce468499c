"""Totals: numbers summed over many runs without losing digits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from chainrule.backends.opencl.source.body import KernelContext
from chainrule.backends.opencl.source.launch import Launch, row_of_items
from chainrule.backends.opencl.source.layout import View
from chainrule.node import Node


def totals_launch(
    context: KernelContext, totals: Mapping[int, Node], sums: View
) -> Launch:
    """Return the launch that adds numbers to sums, and rounding errors to their own.

    Args:
        context: shared with the other kernels of the phase.
        totals: the numbers, by the row of `sums` that each is added to.
        sums: a row for each total: its sum, and the sum of the errors.
    """
    body, kind = replace(context, watch=None).body(), context.floats
    name = body.argument(sums.slot, kind)
    for i, node in totals.items():
        x = body.cast(body.value(node, ()), "float")
        with body.block(""):
            body.line(f"const {kind} x = {x}, s = {name}[{2 * i}], t = s + x;")
            body.line(f"const {kind} b = t - s;")
            body.line(f"{name}[{2 * i}] = t;")
            body.line(f"{name}[{2 * i + 1}] += (s - (t - b)) + (x - b);")
    made = row_of_items(body, "totals", totals.values(), items=1, elements=1)
    return replace(made, auxiliary=True)
