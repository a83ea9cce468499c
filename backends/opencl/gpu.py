"""Matrix products on GPUs: a work group shares tiles of both operands.

A group of 16 × 16 work items computes 64 × 64 elements, each item 4 × 4 of them; the
operands come through local memory, 16 columns of A and rows of B at a time.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .layout import View
from .step import Step

if TYPE_CHECKING:
    from .product import Problem

ITEMS = 256
"""Work items in a group."""

_SOURCE = """(global {t} *a, global {t} *b, global {t} *c) {{
    local {t} at[16][64], bt[16][64];
    const int x = get_local_id(0), y = get_local_id(1);
    const int n = get_group_id(0) * 64, m = get_group_id(1) * 64;
{batch}
    {t} sum[4][4];
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++) sum[i][j] = 0;
    for (int k = 0; k < {k}; k += 16) {{
        for (int e = y * 16 + x; e < 1024; e += 256) {{
            const int i = {a_row}, ka = {a_k};
            at[ka][i] = m + i < {m} && k + ka < {k}
                ? a[{a0} + (long)(m + i) * {am} + (long)(k + ka) * {ak}] : 0;
            const int j = {b_column}, kb = {b_k};
            bt[kb][j] = n + j < {n} && k + kb < {k}
                ? b[{b0} + (long)(k + kb) * {bk} + (long)(n + j) * {bn}] : 0;
        }}
        barrier(CLK_LOCAL_MEM_FENCE);
        for (int q = 0; q < 16; q++)
            for (int i = 0; i < 4; i++)
                for (int j = 0; j < 4; j++)
                    sum[i][j] += at[q][y + 16 * i] * bt[q][x + 16 * j];
        barrier(CLK_LOCAL_MEM_FENCE);
    }}
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++) {{
            const int row = m + y + 16 * i, column = n + x + 16 * j;
            if (row < {m} && column < {n})
                c[{c0} + (long)row * {n} + column] = sum[i][j];
        }}
}}"""


def write(p: Problem) -> Step:
    """Write the step of a product."""
    a_row, a_k = ("e % 64", "e / 64") if p.a.strides[-2] == 1 else ("e / 16", "e % 16")
    along = p.b.strides[-1] == 1
    b_column, b_k = ("e % 64", "e / 64") if along else ("e / 16", "e % 16")
    am, ak = p.a.strides[-2:]
    bk, bn = p.b.strides[-2:]
    text = _SOURCE.format(
        t=p.c.ctype, m=p.m, n=p.n, k=p.k, am=am, ak=ak, bk=bk, bn=bn, a0=p.a.offset,
        b0=p.b.offset, c0=p.c.offset, a_row=a_row, a_k=a_k, b_column=b_column, b_k=b_k,
        batch="\n".join(batch_lines(p.batch, {"a": p.a, "b": p.b, "c": p.c}, 2)),
    )  # fmt: skip
    items = (-(-p.n // 64) * 16, -(-p.m // 64) * 16, math.prod(p.batch))
    slots = [p.a.slot, p.b.slot, p.c.slot]
    return Step(p.node, "matmul", text, slots, items, (16, 16, 1), flops=p.flops)


def batch_lines(batch: tuple[int, ...], views: dict[str, View], axis: int) -> list[str]:
    """Return the lines that move pointers to one product of a batch."""
    if not batch:
        return []
    lines, step = [f"    const int batch = get_global_id({axis});"], math.prod(batch)
    for i, size in enumerate(batch):
        step //= max(size, 1)
        for name, view in views.items():
            if view.strides[i]:
                place = f"(batch / {step} % {size})"
                lines.append(f"    {name} += {place} * {view.strides[i]}L;")
    return lines
