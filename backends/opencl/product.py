"""Matrix products: register tiles on processors, tiles in local memory on GPUs.

On a processor a work item computes a tile of TM rows and NV vectors of columns, held in
registers. Where that pays, operands are first packed into panels, so that the tile's
inner loop reads memory in order: A as [M/TM][K][TM], B as [N/TN][K][TN].
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from chainrule import ops
from chainrule.graph import Node

from . import gpu
from .layout import Slot, View, packed, view_of
from .runtime import Runtime
from .step import Step
from .tune import Variant, choose


@dataclass(frozen=True)
class Problem:
    """C = A B for M × K times K × N, as often as `batch` says; A, B in any layout."""

    node: Node
    a: View
    b: View
    c: View
    batch: tuple[int, ...]
    m: int
    n: int
    k: int

    @property
    def flops(self) -> int:
        """Additions and multiplications."""
        return 2 * self.m * self.n * self.k * math.prod(self.batch)


def write(runtime: Runtime, node: Node, a: View, b: View, c: View) -> list[Step]:
    """Write the steps of a product."""
    op = node.op
    assert isinstance(op, ops.Matmul)
    a = _swapped(a) if op.transpose_a else a
    b = _swapped(b) if op.transpose_b else b
    *batch, m, n = c.shape
    if len(b.shape) == 2 and a.contiguous and not op.transpose_a:
        m, batch = m * math.prod(batch), []
        a = packed(a.slot, a.ctype, (m, a.shape[-1]), a.offset)
        c = packed(c.slot, c.ctype, (m, n), c.offset)
    shape = tuple(batch)
    a, b = (_repeated(x, shape) for x in (a, b))
    problem = Problem(node, a, b, c, shape, m, n, a.shape[-1])
    if not c.size:
        return []
    if not runtime.on_cpu and runtime.largest_group >= gpu.ITEMS:
        return [gpu.write(problem)]
    return tiled(problem, choose(runtime, problem, tiled))


def _swapped(view: View) -> View:
    axes = list(range(len(view.shape)))
    axes[-2:] = axes[-1], axes[-2]
    shape = tuple(view.shape[a] for a in axes)
    swapped = view_of(ops.Transpose(tuple(axes)), view, shape)
    assert swapped is not None
    return swapped


def _repeated(view: View, batch: tuple[int, ...]) -> View:
    shape = (*batch, *view.shape[-2:])
    repeated = view_of(ops.BroadcastTo(shape), view, shape)
    assert repeated is not None
    return replace(repeated, strides=(*repeated.strides[:-2], *view.strides[-2:]))


def tiled(problem: Problem, variant: Variant) -> list[Step]:
    """Write the steps for a processor: packing, if the variant packs, and tiles."""
    steps = []
    p, lanes = problem, 8 if problem.c.ctype == "double" else 16
    if p.batch:
        variant = replace(variant, pack_a=False, pack_b=False)
    wide = variant.vectors * lanes
    a, b = p.a, p.b
    if variant.pack_a:
        a, step = _panels(p, _swapped(p.a), variant.rows, "a")
        steps.append(step)
    if variant.pack_b:
        b, step = _panels(p, p.b, wide, "b")
        steps.append(step)
    code = _Tile(p, variant, a, b, lanes)
    columns, rows = -(-p.n // wide), -(-p.m // variant.rows)
    kind = p.c.ctype
    text = f"(global {kind} *a, global {kind} *b, global {kind} *c) {{\n"
    text += code.text(rows) + "\n}"
    items = (columns * rows, math.prod(p.batch))
    slots: list[Slot] = [a.slot, b.slot, p.c.slot]
    steps.append(Step(p.node, "matmul", text, slots, items, (1, 1), flops=p.flops))
    return steps


def _panels(p: Problem, x: View, width: int, name: str) -> tuple[View, Step]:
    """Write the step that lays x, of K rows, out in panels of `width` columns."""
    k, n = x.shape
    count = -(-n // width)
    size = 8 if x.ctype == "double" else 4
    view = packed(Slot(size * count * k * width), x.ctype, (count, k, width))
    sk, sn = x.strides
    rest = n % width
    full = count - bool(rest)
    rows = 16  # of each panel in one work item
    if sk == 1:
        copy = _turned(x, width, rows)
    else:
        copy = f"""for (int k = first; k < last; k++)
        for (int j = 0; j < valid; j++)
            y[k * {width} + j] = x[(long)k * {sk} + j * {sn}L];"""
    text = f"""(global {x.ctype} *x, global {x.ctype} *y) {{
    const int panel = get_global_id(1), first = get_global_id(0) * {rows};
    const int last = min(first + {rows}, {k});
    const int valid = panel < {full} ? {width} : {rest};
    x += {x.offset} + panel * {width * sn}L;
    y += panel * {k * width}L;
    {copy}
    if (valid < {width})
        for (int k = first; k < last; k++)
            for (int j = valid; j < {width}; j++) y[k * {width} + j] = 0;
}}"""
    items = (-(-k // rows), count)
    return view, Step(p.node, f"pack_{name}", text, [x.slot, view.slot], items, (1, 1))


def _turned(x: View, width: int, rows: int) -> str:
    """Write the copy of what lies the other way: read along K, write across."""
    stride = x.strides[-1]
    digits = "0123456789abcdef"
    stores = "".join(
        f"\n            y[(first + {i}) * {width} + j] = v.s{digits[i]};"
        for i in range(rows)
    )
    return f"""if (last - first == {rows})
        for (int j = 0; j < valid; j++) {{
            const {x.ctype}{rows} v = vload{rows}(0, x + first + j * {stride}L);{stores}
        }}
    else
        for (int j = 0; j < valid; j++)
            for (int k = first; k < last; k++)
                y[k * {width} + j] = x[k + j * {stride}L];"""


class _Tile:
    """The code of one tile."""

    def __init__(self, p: Problem, v: Variant, a: View, b: View, lanes: int) -> None:
        self.p, self.v, self.a, self.b, self.lanes = p, v, a, b, lanes
        self.wide = v.vectors * lanes
        self.type = f"{p.c.ctype}{lanes}"

    def text(self, rows: int) -> str:
        p, v = self.p, self.v
        lines = [
            f"    const int m0 = get_global_id(0) % {rows};",
            f"    const int n0 = get_global_id(0) / {rows};",
            f"    const int m = m0 * {v.rows}, n = n0 * {self.wide};",
        ]
        views = {"a": self.a, "b": self.b, "c": p.c}
        lines += gpu.batch_lines(p.batch, views, 1)
        rest = p.n % self.wide
        if not rest:
            return "\n".join(lines + self._tile(self.wide))
        if p.n < self.wide:
            return "\n".join(lines + self._tile(rest))
        body = [f"    if (n + {self.wide} <= {p.n}) {{", *self._tile(self.wide)]
        return "\n".join([*lines, *body, "    } else {", *self._tile(rest), "    }"])

    def _tile(self, valid: int) -> list[str]:
        p, v, kind = self.p, self.v, self.type
        vectors = -(-valid // self.lanes)
        pairs = [(i, j) for i in range(v.rows) for j in range(vectors)]
        lines = [f"    {kind} s{i}_{j} = 0;" for i, j in pairs]
        lines += self._starts()
        lines.append(f"    for (int k = 0; k < {p.k}; k++) {{")
        for j in range(vectors):
            load = self._load_b(j, min(self.lanes, valid - j * self.lanes))
            lines.append(f"        const {kind} b{j} = {load};")
        for i in range(v.rows):
            lines.append(f"        const {kind} a{i} = {self._load_a(i)};")
            for j in range(vectors):
                lines.append(f"        s{i}_{j} += a{i} * b{j};")
        lines.append("    }")
        return lines + self._stores(valid)

    def _starts(self) -> list[str]:
        """Point at the first element that each row of the tile reads."""
        p, v = self.p, self.v
        kind = p.c.ctype
        lines = []
        if v.pack_a:
            start = f"(long)m0 * {p.k * v.rows}"
            lines.append(f"    global const {kind} *pa = a + {start};")
        else:
            stride, edge = self.a.strides[-2], p.m % v.rows
            for i in range(v.rows):
                row = f"min(m + {i}, {p.m - 1})" if edge else f"(m + {i})"
                place = f"{self.a.offset} + (long){row} * {stride}"
                lines.append(f"    global const {kind} *p{i} = a + {place};")
        if v.pack_b:
            start = f"(long)n0 * {p.k * self.wide}"
        else:
            start = f"{self.b.offset} + (long)n * {self.b.strides[-1]}"
        lines.append(f"    global const {kind} *pb = b + {start};")
        return lines

    def _load_a(self, i: int) -> str:
        if self.v.pack_a:
            return f"pa[k * {self.v.rows} + {i}]"
        stride = self.a.strides[-1]
        return f"p{i}[k]" if stride == 1 else f"p{i}[(long)k * {stride}]"

    def _load_b(self, j: int, valid: int) -> str:
        lanes, start = self.lanes, j * self.lanes
        if self.v.pack_b:
            return f"vload{lanes}(0, pb + k * {self.wide} + {start})"
        sk, sn = self.b.strides[-2:]
        base = f"pb + (long)k * {sk}"
        if sn == 1 and valid == lanes:
            return f"vload{lanes}(0, {base} + {start})"
        parts = [
            f"({base})[{(start + i) * sn}]" if i < valid else "0" for i in range(lanes)
        ]
        return f"({self.type})({', '.join(parts)})"

    def _stores(self, valid: int) -> list[str]:
        p, lines = self.p, []
        edge = p.m % self.v.rows
        for i in range(self.v.rows):
            guard = f"if (m + {i} < {p.m}) " if edge else ""
            start = f"c + {p.c.offset} + (long)(m + {i}) * {p.n} + n"
            for j in range(-(-valid // self.lanes)):
                count = min(self.lanes, valid - j * self.lanes)
                name, place = f"s{i}_{j}", f"{start} + {j * self.lanes}"
                if count == self.lanes:
                    lines.append(f"    {guard}vstore{count}({name}, 0, {place});")
                    continue
                digits = "0123456789abcdef"
                parts = [f"({place})[{lane}] = {name}.s{digits[lane]};"
                         for lane in range(count)]  # fmt: skip
                lines.append(f"    {guard}{{ {' '.join(parts)} }}")
        return lines
