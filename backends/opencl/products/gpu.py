"""Matrix products on GPUs: a work group shares tiles of both operands.

A group goes along K, a few columns of A and rows of B at a time. While it multiplies
those that lie in local memory its items load the next ones into registers, four
elements at once where they lie so, and store them in a second place. Each item computes
blocks of 4 × 4 elements in registers: their rows and columns are far enough apart that
the 32 items which run together read local memory without waiting for each other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from chainrule.backends.opencl.device.devices import OpenCLDevice
from chainrule.backends.opencl.products.problem import WORTH, Problem
from chainrule.backends.opencl.source.body import Body
from chainrule.backends.opencl.source.index import LANE
from chainrule.backends.opencl.source.launch import Launch
from chainrule.backends.opencl.source.layout import View

_UNROLLED = '_Pragma("unroll") for'


@dataclass(frozen=True)
class Tile:
    """One form of a product on a GPU: what a group and an item compute.

    Attributes:
        rows: of the result, for a group.
        columns: of the result, for a group.
        depth: columns of A and rows of B that are in local memory at a time.
        down: rows for an item, a multiple of 4.
        across: columns for an item, likewise.
    """

    rows: int
    columns: int
    depth: int
    down: int
    across: int

    @property
    def items(self) -> int:
        """Work items in a group, a multiple of 32."""
        return self.rows * self.columns // (self.down * self.across)

    def groups(self, p: Problem) -> int:
        """Return how many groups compute a product."""
        return -(-p.m // self.rows) * -(-p.n // self.columns) * math.prod(p.batch)

    def fits(self, device: OpenCLDevice, p: Problem) -> bool:
        """Return whether a device has the items and the local memory."""
        nbytes = 2 * self.depth * (self.rows + self.columns + 8) * p.itemsize
        return self.items <= device.largest_group and nbytes <= device.local_memory


TILES = (
    Tile(128, 128, 8, 8, 8),
    Tile(128, 64, 16, 8, 4),
    Tile(64, 64, 16, 8, 4),
    Tile(32, 64, 32, 4, 4),
    Tile(32, 32, 16, 4, 4),
)
"""The largest first: it needs the fewest reads, the smallest gives the most groups."""


def tiles(device: OpenCLDevice, p: Problem) -> Sequence[Tile]:
    """Return the forms of a product that could be fastest on a device, if it has any.

    Those which give its compute units too little to do are not among them, nor those
    whose groups are far more than it needs to be busy.
    """
    units = device.compute_units
    able = [tile for tile in TILES if tile.fits(device, p)]
    busy = [tile for tile in able if tile.groups(p) >= units] or able[-1:]
    if p.flops < WORTH:
        return busy[:1]
    near = [tile for tile in able if units <= 4 * tile.groups(p) <= 128 * units]
    return near or busy[:1]


def gpu_launch(p: Problem, tile: Tile) -> Launch:
    """Return the launch that computes a product in one form."""
    items = -(-p.n // tile.columns) * tile.items, -(-p.m // tile.rows)
    return p.epilogue.launch(
        p.epilogue.filled(_Group(p, tile).fill, (1,)),
        (*items, math.prod(p.batch)),
        (tile.items, 1, 1),
        fixed_group=True,
    )


class _Operand:
    """How a group brings its part of an operand to local memory.

    Args:
        name: ``"a"`` or ``"b"``, which names the variables.
        view: the operand.
        axis: of the rows of A, or of the columns of B; the other one is along K.
        extent: how many of them a group takes.
        tile: the form of the product.
    """

    def __init__(
        self, name: str, view: View, axis: int, extent: int, tile: Tile
    ) -> None:
        self.name, self.tile = name, tile
        self.size, self.k = view.shape[axis], view.shape[-3 - axis]
        self.step, self.along = view.strides[axis], view.strides[-3 - axis]
        self.down_k = self.along == 1 and self.step != 1  # memory goes along K
        line, inner = (self.k, tile.depth) if self.down_k else (self.size, extent)
        strides = [stride for stride in view.strides if stride != 1]
        places = (view.offset, line, *strides)
        in_fours = 1 in (self.step, self.along) and not any(n % 4 for n in places)
        self.wide = 4 if in_fours else 1
        self.type = view.ctype + ("4" if in_fours else "")
        self.count = extent * tile.depth // (tile.items * self.wide)
        self.extent = extent
        # One more vector in a line: else what is written across meets in one bank.
        self.length = extent + 4 if self.down_k else extent
        at = [f"e % {inner // self.wide} * {self.wide}", f"e / {inner // self.wide}"]
        self.index = at[:: -1 if self.down_k else 1]

    def declare(self, body: Body) -> None:
        """Append the variables: two places in local memory, and registers."""
        place = f"{self.name}s[2][{self.tile.depth}][{self.length}]"
        scalar = self.type.removesuffix("4")
        body.line(f"local {scalar} {place} __attribute__((aligned(32)));")
        body.line(f"{self.type} r{self.name}[{self.count}];")

    @contextmanager
    def _each(self, body: Body) -> Iterator[None]:
        """Append a loop over what an item moves."""
        at, deep = self.index
        with body.block(f"{_UNROLLED} (int l = 0; l < {self.count}; l++)"):
            body.line(f"const int e = t + l * {self.tile.items};")
            body.line(f"const int i = {at}, j = {deep};")
            yield

    def load(self, body: Body) -> None:
        """Append the loads from column `k` of A, or row `k` of B, on."""
        x = self.name
        guards = [f"first_{x} + i < {self.size}"] * (self.size % self.extent > 0)
        guards += [f"k + j < {self.k}"] * (self.k % self.tile.depth > 0 or not self.k)
        place = f"{x} + (first_{x} + i) * {self.step}L + (k + j) * {self.along}L"
        value = f"*(global const {self.type} *)({place})"
        if guards:
            value = f"{' && '.join(guards)} ? {value} : ({self.type})(0)"
        with self._each(body):
            body.line(f"r{x}[l] = {value};")

    def store(self, body: Body) -> None:
        """Append the stores to one of the two places, number `place`."""
        x, line = self.name, f"{self.name}s[place]"
        with self._each(body):
            if self.wide == 1:
                body.line(f"{line}[j][i] = r{x}[l];")
            elif self.down_k:
                for c in range(4):
                    body.line(f"{line}[j + {c}][i] = r{x}[l].s{c};")
            else:
                body.line(f"*(local {self.type} *)&{line}[j][i] = r{x}[l];")


class _Group:
    """The code of a group."""

    def __init__(self, p: Problem, tile: Tile) -> None:
        self.p, self.tile = p, tile
        self.a = _Operand("a", p.a, -2, tile.rows, tile)
        self.b = _Operand("b", p.b, -1, tile.columns, tile)

    def fill(self, body: Body) -> None:
        """Append the code of a work item."""
        p, tile = self.p, self.tile
        lines = tile.columns // (8 * tile.across)
        for operand in (self.a, self.b):
            operand.declare(body)
        body.line("const int t = get_local_id(0), batch = get_group_id(2);")
        body.line(f"const int first_a = get_group_id(1) * {tile.rows};")
        body.line(f"const int first_b = get_group_id(0) * {tile.columns};")
        body.line(f"const int x = (t / 32 % {lines} * 8 + t % 8) * 4;")
        body.line(f"const int y = (t / 32 / {lines} * 4 + t % 32 / 8) * 4;")
        for name, view in (("a", p.a), ("b", p.b)):
            start = p.operand(body, view)
            body.line(f"global const {p.floats} *{name} = {start};")
        blocks = tile.across // 4
        body.line(f"{p.floats}4 sum[{tile.down}][{blocks}];")
        with (
            body.block(f"{_UNROLLED} (int i = 0; i < {tile.down}; i++)"),
            body.block(f"{_UNROLLED} (int j = 0; j < {blocks}; j++)"),
        ):
            body.line("sum[i][j] = 0;")
        body.line("int k = 0, place = 0;")
        self._load(body)
        self._store(body)
        with body.block(f"for (k = {tile.depth};; k += {tile.depth})"):
            with body.block(f"if (k < {p.k})"):
                self._load(body)
            self._multiply(body)
            body.line(f"if (k >= {p.k}) break;")
            body.line("place = 1 - place;")
            self._store(body)
        self._finish(body)

    def _load(self, body: Body) -> None:
        self.a.load(body)
        self.b.load(body)

    def _store(self, body: Body) -> None:
        self.a.store(body)
        self.b.store(body)
        body.line("barrier(CLK_LOCAL_MEM_FENCE);")

    def _rows(self) -> list[str]:
        """Return the rows of an item within those of its group."""
        blocks = self.tile.down // 4
        apart = self.tile.rows // blocks
        return [f"y + {c * apart + i}" for c in range(blocks) for i in range(4)]

    def _columns(self) -> list[str]:
        """Return where each block of four columns begins."""
        blocks = self.tile.across // 4
        return [f"x + {c * self.tile.columns // blocks}" for c in range(blocks)]

    def _multiply(self, body: Body) -> None:
        """Append the product of what lies in local memory."""
        rows, columns, vector = self._rows(), self._columns(), f"{self.p.floats}4"
        with body.block(f"{_UNROLLED} (int q = 0; q < {self.tile.depth}; q++)"):
            for name, starts in (("a", rows[::4]), ("b", columns)):
                for c, start in enumerate(starts):
                    value = f"*(local {vector} *)&{name}s[place][q][{start}]"
                    body.line(f"const {vector} v{name}{c} = {value};")
            for i in range(len(rows)):
                for c in range(len(columns)):
                    body.line(f"sum[{i}][{c}] += va{i // 4}.s{i % 4} * vb{c};")

    def _finish(self, body: Body) -> None:
        """Append the epilogue of each element."""
        p, tile = self.p, self.tile
        below = tile.rows // (tile.down // 4)
        beside = tile.columns // (tile.across // 4)
        with body.block(f"{_UNROLLED} (int i = 0; i < {tile.down}; i++)"):
            body.line(f"const int m = first_a + i / 4 * {below} + y + i % 4;")
            inside = f"if (m < {p.m})" if p.m % tile.rows else ""
            with (
                p.epilogue.row(body, inside, f"(batch * {p.m} + m)"),
                body.block(f"{_UNROLLED} (int j = 0; j < {tile.across}; j++)"),
            ):
                place = f"first_b + j / 4 * {beside} + x + j % 4"
                body.line(f"const int {LANE} = {place};")
                with body.block(f"if ({LANE} < {p.n})" if p.n % tile.columns else ""):
                    value = f"((const {p.floats} *)&sum[i][j / 4])[j % 4]"
                    p.epilogue.finish(body, value)
