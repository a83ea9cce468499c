"""Matrix products on processors: tiles in registers, panels in the nearest cache.

A work item takes one panel of columns and some of the rows. Where that pays it first
copies its panel of B to local memory, K × columns, so that the inner loop reads memory
in order; then it goes down the rows, a tile at a time. It takes as many panels as local
memory holds, so that the rows of A are read from memory once for all of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from chainrule.backends.opencl.device.devices import OpenCLDevice
from chainrule.backends.opencl.products.packing import Strip, copy_panel, copy_row
from chainrule.backends.opencl.products.problem import WORTH, Problem
from chainrule.backends.opencl.source.body import Body
from chainrule.backends.opencl.source.index import LANE
from chainrule.backends.opencl.source.launch import SMALL, Launch

LARGE = 1 << 26
"""Additions and multiplications from which operands are always packed."""
SKINNY = 32
"""A product with a side that is shorter is not timed."""
TILES = {32: ((12, 2), (6, 4)), 16: ((6, 2), (4, 3))}
"""Registers → rows and vectors of the tiles that fill them, the best one first."""
PANELS = (1, 8, 16)
"""How many panels a work item may take: few divide the work well, many need A less."""
LARGEST_PRIVATE = 1 << 13
"""Elements of a panel that a small product keeps in private memory."""
STREAMS = 8
"""Rows of A up to which a cache holds a line of each, however far they are apart."""


@dataclass(frozen=True)
class Variant:
    """One form of a product on a processor.

    Attributes:
        rows: of a tile; how many elements of A are multiplied with a vector of B.
        vectors: of columns in a tile.
        pack: whether B is copied to local memory, panel by panel.
        panels: that a work item takes at most, if they are copied.
    """

    rows: int
    vectors: int
    pack: bool = False
    panels: int = 4


def variants(device: OpenCLDevice, p: Problem) -> Sequence[Variant]:
    """Return the variants of a product that could be fastest on a processor."""
    tiles = TILES[device.registers(p.floats)]
    if p.flops < WORTH or p.batch or min(p.m, p.n, p.k) < SKINNY:
        in_order = p.b.strides[-1] == 1 and p.n % device.width(p.floats) == 0
        most, vectors = tiles[0]
        rows = min(most, max(1, p.m // 2))
        packed = not in_order and p.k > 0 and p.m > 2 * rows
        return [Variant(rows, vectors, packed)]
    pack = p.b.strides[-1] != 1 or p.flops >= LARGE
    panels = PANELS if pack else (1,)
    return [Variant(*tile, pack, most) for most in panels for tile in tiles]


def cpu_launch(device: OpenCLDevice, problem: Problem, variant: Variant) -> Launch:
    """Return the launch that computes a product in one variant."""
    tile = _Tile(device, problem, variant)
    vectors = problem.n > 1 and tile.lanes == device.width(problem.floats)
    widths = (tile.lanes, 1) if vectors else (1,)
    return tile.launch(problem.epilogue.filled(tile.fill, widths))


class _Tile:
    """The code of one work item."""

    def __init__(self, device: OpenCLDevice, p: Problem, variant: Variant) -> None:
        self.p = p
        self.lanes = max(device.width(p.floats), 2)  # there are no vectors of one
        self.type = f"{p.floats}{self.lanes}"
        self.vectors = min(variant.vectors, -(-p.n // self.lanes))
        self.wide = self.vectors * self.lanes
        room = device.local_memory // 2
        nbytes = p.k * self.wide * p.itemsize
        self.pack = variant.pack and nbytes <= room
        self.rows = -(-p.m // -(-p.m // variant.rows))  # all tiles about as high
        self.tiles = -(-p.m // self.rows)
        panels, self.count = -(-p.n // self.wide), math.prod(p.batch)
        parts, self.panels = self.tiles, 1
        if self.pack:
            units, every = device.compute_units, panels * self.count
            parts = 1 if every >= units else -(-2 * units // every)
            most = min(variant.panels, panels, room // nbytes, every // units)
            items = -(-panels // max(1, most))
            if every >= units and self.count == 1:
                items = -(-items // units) * units  # as many for each core
            self.panels = -(-panels // items)
        self.each = -(-self.tiles // parts)  # tiles in one item
        self.items = -(-panels // self.panels), -(-self.tiles // self.each), self.count
        tiles = panels * self.tiles * self.count
        self.effort = tiles * self.rows * self.vectors * p.k
        small = self.effort <= SMALL and p.k * self.wide <= LARGEST_PRIVATE
        self.space = "private" if small else "local"
        self.copied = 0  # elements of B in local memory
        if self.pack and not small:
            self.copied = self.panels * p.k * self.wide
        self.strip = Strip(p, self.rows)
        far = p.a.strides[-1] != 1 or self.rows > STREAMS
        several = self.panels > 1 and not small
        self.copies_a = far and several and self.strip.size * p.itemsize <= room // 2

    def launch(self, body: Body) -> Launch:
        """Return the launch of a body that was filled."""
        made = self.p.epilogue.launch(body, self.items, (1, 1, 1), self.effort)
        elements = self.copied + self.strip.size * self.copies_a
        return replace(made, scratch=elements * self.p.itemsize)

    def fill(self, body: Body) -> None:
        """Append the code of a work item."""
        p = self.p
        if self.copied:
            body.line(f"local {p.floats} *panels = (local {p.floats} *)scratch;")
        elif self.pack:
            body.line(f"{p.floats} panels[{self.panels * p.k * self.wide}];")
        if self.copies_a:
            body.line(f"local {p.floats} *strip = panels + {self.copied};")
        body.line(f"const int first = get_global_id(0) * {self.panels * self.wide};")
        body.line(f"const int t = get_global_id(1) * {self.each};")
        if p.batch:
            body.line("const int batch = get_global_id(2);")
        for name, view in (("a", p.a), ("b", p.b)):
            start = p.operand(body, view)
            body.line(f"global const {p.floats} *{name} = {start};")
        if p.rows:
            name = body.argument(p.rows.pointer)
            body.line(f"global const long *rows = {name};")
        if self.pack:
            self._copy_b(body)
        last = f"min(t + {self.each}, {self.tiles})" if self.each > 1 else "t + 1"
        with body.block(f"for (int tile = t; tile < {last}; tile++)"):
            body.line(f"const int m = tile * {self.rows};")
            if self.copies_a:
                self.strip.copy(body, [self._row(i) for i in range(self.rows)])
            self._each_panel(body, self._multiply)
        if p.epilogue.column_sums:
            with body.block("if (t == 0)"):
                self._each_panel(body, self._sum_columns)

    def _each_panel(self, body: Body, append: Callable[[Body, int], None]) -> None:
        """Append code for the panels of an item: the whole ones, and the last one.

        Args:
            body: what is appended to.
            append: does it; its second argument says how many columns are in the
                matrix.
        """
        n, wide = self.p.n, self.wide
        last = f"min(first + {self.panels * wide}, {n})"
        several = f"for (int n = first; n < {last}; n += {wide})"
        with body.block(several if self.panels > 1 else ""):
            if self.panels == 1:
                body.line("const int n = first;")
            if self.pack:
                start = f" + (n - first) * {self.p.k}" if self.panels > 1 else ""
                body.line(f"{self.space} {self.p.floats} *panel = panels{start};")
            rest = n % wide
            if n > rest:
                with body.block(f"if (n + {wide} <= {n})" if rest else ""):
                    append(body, wide)
            if rest:
                with body.block("else" if n > rest else ""):
                    append(body, rest)

    # -- the operands --------------------------------------------------------------

    def _copy_b(self, body: Body) -> None:
        """Copy the panels: row by row across all of them, if rows lie in order."""
        p, lanes, wide = self.p, self.lanes, self.wide
        sk, sn = p.b.strides[-2:]
        if sn != 1:
            self._each_panel(
                body, lambda body, valid: copy_panel(body, p, lanes, wide, valid)
            )
            return
        with body.block(f"for (int k = 0; k < {p.k}; k++)"):
            body.line(f"global const {p.floats} *row = b + (long)k * {sk};")
            self._each_panel(
                body, lambda body, valid: copy_row(body, lanes, wide, valid)
            )

    def _row(self, i: int) -> str:
        """Return where a row of the tile begins in A; the last one is repeated."""
        p = self.p
        row = f"min(m + {i}, {p.m - 1})" if p.m % self.rows else f"(m + {i})"
        return f"a + {p.row(row)}"

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
        """Compute a tile of the product, in variables s0_0, s0_1, …, and finish it."""
        p = self.p
        vectors = range(-(-valid // self.lanes))
        sm, sk = self.strip.strides
        for i in range(self.rows):
            row = f"strip + {i * sm}" if self.copies_a else self._row(i)
            space = "local" if self.copies_a else "global"
            body.line(f"{space} const {p.floats} *p{i} = {row};")
            for j in vectors:
                body.line(f"{self.type} s{i}_{j} = 0;")
        with body.block(f"for (int k = 0; k < {p.k}; k++)"):
            self._load_b(body, valid)
            column = p.column("k")
            if self.copies_a:
                column = "k" if sk == 1 else f"k * {sk}"
            for i in range(self.rows):
                body.line(f"const {self.type} a{i} = p{i}[{column}];")
                for j in vectors:
                    body.line(f"s{i}_{j} += a{i} * b{j};")
        self._finish(body, valid)

    # -- the results ---------------------------------------------------------------

    def _finish(self, body: Body, valid: int) -> None:
        """Lay the tile out, and finish it row by row."""
        p, vectors = self.p, -(-valid // self.lanes)
        names = [f"s{i}_{j}" for i in range(self.rows) for j in range(vectors)]
        body.line(f"const {self.type} done[{len(names)}] = {{{', '.join(names)}}};")
        last = f"min({self.rows}, {p.m} - m)" if p.m % self.rows else str(self.rows)
        row = f"(batch * {p.m} + m + i)" if p.batch else "(m + i)"
        with p.epilogue.row(body, f"for (int i = 0; i < {last}; i++)", row):
            done = f"(done + i * {vectors})"
            self._along(body, done, valid, p.epilogue.finish)

    def _sum_columns(self, body: Body, valid: int) -> None:
        """Sum the columns of the right operand, which the cache still holds."""
        p, vectors = self.p, -(-valid // self.lanes)
        body.line(f"{self.type} sums[{vectors}] = {{{', '.join(['0'] * vectors)}}};")
        with body.block(f"for (int k = 0; k < {p.k}; k++)"):
            self._load_b(body, valid)
            for j in range(vectors):
                body.line(f"sums[{j}] += b{j};")
        self._along(body, "sums", valid, p.epilogue.finish_column_sums)

    def _along(
        self,
        body: Body,
        array: str,
        valid: int,
        finish: Callable[[Body, str], None],
    ) -> None:
        """Append the code that finishes each vector, or each element, of a row."""
        if body.width == 1:
            with body.block(f"for (int j = 0; j < {valid}; j++)"):
                body.line(f"const int {LANE} = n + j;")
                finish(body, f"((const {self.p.floats} *){array})[j]")
            return
        for first in range(0, valid, self.lanes):
            left = valid - first
            with body.block(""), body.lanes(left if left < self.lanes else None):
                body.line(f"const int {LANE} = n + {first};")
                finish(body, f"{array}[{first // self.lanes}]")
