"""Matrix products on GPUs: a work group shares tiles of both operands.

A group of 16 × 16 work items computes 64 × 64 elements, each item 4 × 4 of them; the
operands come through local memory, 16 columns of A and rows of B at a time.
"""

from __future__ import annotations

import math
from functools import partial

from chainrule.backends.opencl.products.problem import Problem
from chainrule.backends.opencl.source.body import Body
from chainrule.backends.opencl.source.index import LANE
from chainrule.backends.opencl.source.launch import Launch

GROUP = 256
"""Work items in a group."""

_SOURCE = """
    local {t} at[16][64], bt[16][64];
    const int x = get_local_id(0), y = get_local_id(1);
    const int n = get_group_id(0) * 64, m = get_group_id(1) * 64;
    const int batch = get_group_id(2);
    global const {t} *a = {a}, *b = {b};
    {t} sum[4][4];
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++) sum[i][j] = 0;
    for (int k = 0; k < {k}; k += 16) {{
        for (int e = y * 16 + x; e < 1024; e += 256) {{
            const int i = {a_row}, ka = {a_k};
            at[ka][i] = m + i < {m} && k + ka < {k}
                ? a[(long)(m + i) * {am} + (long)(k + ka) * {ak}] : 0;
            const int j = {b_column}, kb = {b_k};
            bt[kb][j] = n + j < {n} && k + kb < {k}
                ? b[(long)(k + kb) * {bk} + (long)(n + j) * {bn}] : 0;
        }}
        barrier(CLK_LOCAL_MEM_FENCE);
        for (int q = 0; q < 16; q++)
            for (int i = 0; i < 4; i++)
                for (int j = 0; j < 4; j++)
                    sum[i][j] += at[q][y + 16 * i] * bt[q][x + 16 * j];
        barrier(CLK_LOCAL_MEM_FENCE);
    }}"""


def gpu_launch(p: Problem) -> Launch:
    """Return the launch that computes a product."""
    body = p.epilogue.filled(partial(_fill, p), (1,))
    items = (-(-p.n // 64) * 16, -(-p.m // 64) * 16, math.prod(p.batch))
    return p.epilogue.launch(body, items, (16, 16, 1))


def _fill(p: Problem, body: Body) -> None:
    """Append the code of a work item."""
    a_row, a_k = ("e % 64", "e / 64") if p.a.strides[-2] == 1 else ("e / 16", "e % 16")
    along = p.b.strides[-1] == 1
    b_column, b_k = ("e % 64", "e / 64") if along else ("e / 16", "e % 16")
    am, ak = p.a.strides[-2:]
    bk, bn = p.b.strides[-2:]
    body.paste(_SOURCE.format(
        t=p.floats, m=p.m, n=p.n, k=p.k, am=am, ak=ak, bk=bk, bn=bn, a_row=a_row,
        a_k=a_k, b_column=b_column, b_k=b_k, a=p.operand(body, p.a),
        b=p.operand(body, p.b),
    ))  # fmt: skip
    row = f"m + y + 16 * i < {p.m}"
    number = f"(batch * {p.m} + m + y + 16 * i)"
    with (
        p.epilogue.row(body, f"for (int i = 0; i < 4 && {row}; i++)", number),
        body.block(f"for (int j = 0; j < 4 && n + x + 16 * j < {p.n}; j++)"),
    ):
        body.line(f"const int {LANE} = n + x + 16 * j;")
        p.epilogue.finish(body, "sum[i][j]")
