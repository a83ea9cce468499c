"""Matrix products on processors: tiles in registers, panels in the nearest cache.

A work item takes one panel of columns and some of the rows. Where that pays it first
copies its panel of B to local memory, K × columns, so that the inner loop reads memory
in order; then it goes down the rows, a tile at a time.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from chainrule.backends.opencl.products.gpu import start
from chainrule.backends.opencl.products.tuning import Variant
from chainrule.backends.opencl.small_launches import SMALL
from chainrule.backends.opencl.source.body import Body
from chainrule.backends.opencl.source.code import NotVector, Value
from chainrule.backends.opencl.source.fusion import LANE
from chainrule.backends.opencl.source.launch import Step, from_items

if TYPE_CHECKING:
    from chainrule.backends.opencl.device.runtime import Runtime
    from chainrule.backends.opencl.products.product import Problem

LARGEST_PRIVATE = 1 << 13
"""Elements of a panel that a small product keeps in its own memory."""
_DIGITS = "0123456789abcdef"


def write(runtime: Runtime, problem: Problem, variant: Variant) -> Step:
    """Write the step of a product in one variant."""
    lanes = 8 if problem.ctype == "double" else 16
    room = runtime.found.handle.local_mem_size // 2
    fits = 64 * variant.vectors * problem.k <= room
    for width in (lanes, 1) if problem.n > 1 else (1,):
        tile = _Tile(runtime, problem, variant, variant.pack and fits)
        try:
            return tile.step(problem.finish.body(width))
        except NotVector:
            continue
    raise AssertionError("single elements can always be computed")


class _Tile:
    """The code of one work item."""

    def __init__(
        self, runtime: Runtime, p: Problem, variant: Variant, pack: bool
    ) -> None:
        self.p, self.pack = p, pack
        self.lanes = 8 if p.ctype == "double" else 16
        self.vectors = min(variant.vectors, -(-p.n // self.lanes))
        self.wide = self.vectors * self.lanes
        self.rows = -(-p.m // -(-p.m // variant.rows))  # all tiles about as high
        self.tiles = -(-p.m // self.rows)
        self.panels = -(-p.n // self.wide)
        self.type = f"{p.ctype}{self.lanes}"
        parts = self.tiles
        if pack:
            panels = self.panels * math.prod(p.batch)
            units = runtime.found.handle.max_compute_units
            parts = 1 if panels >= units else -(-2 * units // panels)
        self.each = -(-self.tiles // parts)  # tiles in one item
        products = self.panels * self.tiles * math.prod(p.batch)
        self.effort = products * self.rows * self.vectors * p.k
        self.space = "local"
        if self.effort <= SMALL and p.k * self.wide <= LARGEST_PRIVATE:
            self.space = "private"

    def step(self, body: Body) -> Step:
        """Return the step, with its elements finished in a body."""
        p = self.p
        if self.pack:
            body.line(f"{self.space} {p.ctype} panel[{p.k * self.wide}];")
        body.line(f"const int n = get_global_id(0) * {self.wide};")
        body.line(f"const int t = get_global_id(1) * {self.each};")
        if p.batch:
            body.line("const int batch = get_global_id(2);")
        for name, view in (("a", p.a), ("b", p.b)):
            place = start(body, view, p.batch)
            body.line(f"global const {p.ctype} *{name} = {place};")
        rest = p.n % self.wide
        if p.n > rest:
            with body.block(f"if (n + {self.wide} <= {p.n})" if rest else ""):
                self._panel(body, self.wide)
        if rest:
            with body.block("else" if p.n > rest else ""):
                self._panel(body, rest)
        items = (self.panels, -(-self.tiles // self.each), math.prod(p.batch))
        node, label = p.finish.product, p.finish.label
        step = from_items(body, node, label, items, (1, 1, 1))
        if self.space == "private" or not self.pack:
            step.effort = self.effort  # local memory is for kernels of their own
        return step

    def _panel(self, body: Body, valid: int) -> None:
        """Write the code for a panel of which some columns are in the matrix."""
        p = self.p
        if self.pack:
            self._copy(body, valid)
        last = f"min(t + {self.each}, {self.tiles})" if self.each > 1 else "t + 1"
        with body.block(f"for (int tile = t; tile < {last}; tile++)"):
            body.line(f"const int m = tile * {self.rows};")
            self._multiply(body, valid)
            self._finish(body, valid)
        if p.finish.total:
            with body.block("if (t == 0)"):
                self._total(body, valid)

    # -- the operands --------------------------------------------------------------

    def _copy(self, body: Body, valid: int) -> None:
        """Copy the panel, with zeros for what is not in the matrix."""
        p, wide = self.p, self.wide
        sk, sn = p.b.strides[-2:]
        columns, first = f"for (int j = 0; j < {wide}; j++)", 0
        if sk == 1:  # read along K, write across
            first = p.k - p.k % 16
            blocks = f"for (int k = 0; k < {first}; k += 16)"
            zeros = f"({p.ctype}16)(0)"
            with body.block(blocks), body.block(columns):
                load = f"vload16(0, b + (n + j) * {sn}L + k)"
                body.line(f"const {p.ctype}16 v = j < {valid} ? {load} : {zeros};")
                for i in range(16):
                    body.line(f"panel[(k + {i}) * {wide} + j] = v.s{_DIGITS[i]};")
        with body.block(f"for (int k = {first}; k < {p.k}; k++)"):
            row = f"b + (long)k * {sk}"
            if sn == 1 and valid == wide:
                for at in range(0, wide, self.lanes):
                    load = f"vload{self.lanes}(0, {row} + n + {at})"
                    place = f"panel + k * {wide} + {at}"
                    body.line(f"vstore{self.lanes}({load}, 0, {place});")
            else:
                with body.block(columns):
                    element = f"j < {valid} ? ({row})[(n + j) * {sn}L] : 0"
                    body.line(f"panel[k * {wide} + j] = {element};")

    def _load_b(self, body: Body, valid: int) -> None:
        """Load a vector of a row of B for each vector of columns."""
        for j in range(-(-valid // self.lanes)):
            body.line(f"const {self.type} b{j} = {self._vector(j, valid)};")

    def _vector(self, j: int, valid: int) -> str:
        lanes, start = self.lanes, j * self.lanes
        if self.pack:
            return f"vload{lanes}(0, panel + k * {self.wide} + {start})"
        sk, sn = self.p.b.strides[-2:]
        base = f"b + (long)k * {sk} + n * {sn}L"
        if sn == 1 and valid - start >= lanes:
            return f"vload{lanes}(0, {base} + {start})"
        parts = [
            f"({base})[{(start + i) * sn}]" if start + i < valid else "0"
            for i in range(lanes)
        ]
        return f"({self.type})({', '.join(parts)})"

    def _multiply(self, body: Body, valid: int) -> None:
        """Compute a tile, in variables s0_0, s0_1, …, of the product."""
        p = self.p
        vectors = range(-(-valid // self.lanes))
        sm, sk = p.a.strides[-2:]
        edge = p.m % self.rows
        for i in range(self.rows):
            row = f"min(m + {i}, {p.m - 1})" if edge else f"(m + {i})"
            body.line(f"global const {p.ctype} *p{i} = a + {row} * {sm}L;")
            for j in vectors:
                body.line(f"{self.type} s{i}_{j} = 0;")
        with body.block(f"for (int k = 0; k < {p.k}; k++)"):
            self._load_b(body, valid)
            place = "k" if sk == 1 else f"(long)k * {sk}"
            for i in range(self.rows):
                body.line(f"const {self.type} a{i} = p{i}[{place}];")
                for j in vectors:
                    body.line(f"s{i}_{j} += a{i} * b{j};")

    # -- the results ---------------------------------------------------------------

    def _finish(self, body: Body, valid: int) -> None:
        """Lay the tile out, and finish it row by row."""
        p, vectors = self.p, -(-valid // self.lanes)
        names = [f"s{i}_{j}" for i in range(self.rows) for j in range(vectors)]
        body.line(f"const {self.type} done[{len(names)}] = {{{', '.join(names)}}};")
        last = f"min({self.rows}, {p.m} - m)" if p.m % self.rows else str(self.rows)
        row = f"(batch * {p.m} + m + i)" if p.batch else "(m + i)"
        with p.finish.row(body, f"for (int i = 0; i < {last}; i++)", row):
            done = f"(done + i * {vectors})"
            self._along(body, done, valid, lambda text: p.finish.write(body, text))

    def _along(
        self, body: Body, array: str, valid: int, write: Callable[[str], None]
    ) -> None:
        """Write what is done with each vector, or each element, of a row."""
        if body.width == 1:
            with body.block(f"for (int j = 0; j < {valid}; j++)"):
                body.line(f"const int {LANE} = n + j;")
                write(f"((const {self.p.ctype} *){array})[j]")
            return
        for first in range(0, valid, self.lanes):
            with body.block(""):
                body.line(f"const int {LANE} = n + {first};")
                left = valid - first
                body.valid = left if left < self.lanes else None
                write(f"{array}[{first // self.lanes}]")
                body.valid = None

    def _total(self, body: Body, valid: int) -> None:
        """Sum the columns of the right operand, which the cache still holds."""
        assert self.p.finish.total
        node, view = self.p.finish.total
        vectors = -(-valid // self.lanes)
        body.line(f"{self.type} sums[{vectors}] = {{{', '.join(['0'] * vectors)}}};")
        with body.block(f"for (int k = 0; k < {self.p.k}; k++)"):
            self._load_b(body, valid)
            for j in range(vectors):
                body.line(f"sums[{j}] += b{j};")
        lane = LANE if self.p.n > 1 else "0"
        index = tuple(lane if size == self.p.n else "0" for size in view.shape)

        def write(text: str) -> None:
            value = Value(text, "float", body.width > 1)
            if body.after:
                body.after(node, value)
            body.store(view, index, value)

        self._along(body, "sums", valid, write)
