"""Packing: operands of a product copied to where, and in the order in which, it reads.

Panels of B lie one after the other, row by row. A strip is the rows of A that a tile
multiplies; it lies in the order in which A does.
"""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.backends.opencl.products.problem import Problem
from chainrule.backends.opencl.source.body import Body
from chainrule.backends.opencl.source.kernel_text import pieces

GAP = 16
"""Elements between copied rows of A, which would compete for the same cache lines."""


def copy_row(body: Body, lanes: int, wide: int, valid: int) -> None:
    """Copy row `k` of a panel whose rows lie in order, with zeros beyond the matrix."""
    target, row = f"panel + k * {wide}", "row + n"
    for at in range(0, wide, lanes):
        if at + lanes <= valid:
            load = f"vload{lanes}(0, {row} + {at})"
            body.line(f"vstore{lanes}({load}, 0, {target} + {at});")
            continue
        for j in range(at, at + lanes):
            element = f"({row})[{j}]" if j < valid else "0"
            body.line(f"({target})[{j}] = {element};")


def copy_panel(body: Body, p: Problem, lanes: int, wide: int, valid: int) -> None:
    """Copy a panel whose rows do not lie in order, with zeros beyond the matrix.

    Where its columns do, squares of them are turned in registers.
    """
    sk, sn = p.b.strides[-2:]
    turned = valid - valid % lanes if sk == 1 else 0
    whole = p.k - p.k % lanes
    if turned and whole:
        columns = f"for (int j = 0; j < {turned}; j += {lanes})"
        rows = f"for (int k = 0; k < {whole}; k += {lanes})"
        with body.block(columns), body.block(rows):
            _turn(body, p, lanes, f"b + (n + j) * {sn}L + k", sn)
            for i in range(lanes):
                target = f"panel + (k + {i}) * {wide} + j"
                body.line(f"vstore{lanes}(t{i}, 0, {target});")
        _copy_elements(body, p, wide, range(whole, p.k), range(turned), valid)
        _copy_elements(body, p, wide, range(p.k), range(turned, wide), valid)
    else:
        _copy_elements(body, p, wide, range(p.k), range(wide), valid)


def _copy_elements(
    body: Body, p: Problem, wide: int, rows: range, columns: range, valid: int
) -> None:
    """Copy part of a panel element by element."""
    if not rows or not columns:
        return
    sk, sn = p.b.strides[-2:]
    along = f"for (int k = {rows.start}; k < {rows.stop}; k++)"
    across = f"for (int j = {columns.start}; j < {columns.stop}; j++)"
    with body.block(along), body.block(across):
        element = f"b[(long)k * {sk} + (n + j) * {sn}L]"
        if columns.stop > valid:
            element = f"j < {valid} ? {element} : 0"
        body.line(f"panel[k * {wide} + j] = {element};")


def _turn(body: Body, p: Problem, lanes: int, start: str, stride: int) -> None:
    """Load a square of vectors that begin at a stride; turn it, in t0, t1, ….

    Vectors are interleaved with those half a square away, as often as it takes.
    """
    kind = f"{p.floats}{lanes}"
    names = [f"t{i}" for i in range(lanes)]
    for i, name in enumerate(names):
        load = f"vload{lanes}(0, {start} + {i} * {stride}L)"
        body.line(f"{kind} {name} = {load};")
    half = lanes // 2
    for _ in range(lanes.bit_length() - 1):
        with body.block(""):
            pairs = [(names[i], names[i + half]) for i in range(half)]
            for i, (x, y) in enumerate(pairs):
                for part, first in enumerate((0, half)):
                    mixed = ", ".join(
                        f"{v}.s{lane:x}"
                        for lane in range(first, first + half)
                        for v in (x, y)
                    )
                    body.line(f"const {kind} u{2 * i + part} = ({kind})({mixed});")
            for i, name in enumerate(names):
                body.line(f"{name} = u{i};")


class Strip:
    """The rows of A that a tile multiplies, copied for all panels of a work item.

    Attributes:
        strides: how far its rows and its columns are apart.
        size: elements that it takes.
    """

    def __init__(self, p: Problem, rows: int) -> None:
        self.p, self.rows = p, rows
        self.in_order = not p.turned
        self.strides = (p.k + GAP, 1) if self.in_order else (1, rows)
        self.size = rows * (p.k + GAP)

    def copy(self, body: Body, starts: Sequence[str]) -> None:
        """Copy the rows that begin at these places of A."""
        p, (sm, sk) = self.p, self.strides
        across, column = p.a.strides[-2], p.column("k")
        vectors = p.k - p.k % 16 if self.in_order else 0
        if vectors:
            with body.block(f"for (int k = 0; k < {vectors}; k += 16)"):
                for i, start in enumerate(starts):
                    load = f"vload16(0, {start} + k)"
                    body.line(f"vstore16({load}, 0, strip + {i * sm} + k);")
        if p.k == vectors:
            return
        rest = f"for (int k = {vectors}; k < {p.k}; k++)"
        whole = across == 1 and p.m >= self.rows
        if whole:
            inside = f"if (m <= {p.m - self.rows})" if p.m % self.rows else ""
            with body.block(inside), body.block(rest):
                for first, size in pieces(self.rows):
                    load = f"a + m + {first} + {column}"
                    target = f"strip + k * {sk} + {first}"
                    if size > 1:
                        body.line(f"vstore{size}(vload{size}(0, {load}), 0, {target});")
                    else:
                        body.line(f"*({target}) = *({load});")
        if not whole or p.m % self.rows:
            with body.block("else" if whole else ""), body.block(rest):
                for i, start in enumerate(starts):
                    element = f"({start})[{column}]"
                    body.line(f"strip[{i * sm} + k * {sk}] = {element};")
