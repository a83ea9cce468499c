"""Scattered sums: rows of an array, each added to the row that an index names."""

from __future__ import annotations

import math

import numpy as np

from chainrule import ops
from chainrule.backends.numpy import compiled_loop
from chainrule.backends.numpy.memory import Array
from chainrule.backends.numpy.script import label
from chainrule.backends.numpy.storage import Storage
from chainrule.node import Node
from chainrule.program.sizes import count, sizes

BLOCK = 1 << 14
"""Elements that are added by one call; their places stay in cache."""

LOOP = """def loop(out, x, index):
    for i in range(x.shape[0]):
        row = index[i]
        for j in range(x.shape[1]):
            out[row, j] += x[i, j]
"""
"""The loop that Numba compiles; it adds in the same order, so to the same bits."""


def scatter_add(storage: Storage, node: Node) -> None:
    """Add zeros to the script, and rows that are added to some of them."""
    assert isinstance(node.op, ops.ScatterAdd)
    script = storage.script
    x, index = (storage.operand(i) for i in node.inputs)
    out = storage.result(node)
    target = script.name(out, label(node))
    script.check_index(node, index, node.op.rows)
    script.line(f"{target}.fill(0)", node)
    views = _matrices(storage, node, out) if script.with_loops else None
    if views is None or not gains_by_a_loop(node):
        add = script.name(add_rows, "add_rows")
        script.line(f"{add}({target}, {x}, {index})", node)
        return
    names = [script.name(array, "rows") for array in views]
    script.line(f"{script.loop(LOOP, names)}({', '.join(names)})", node)


def gains_by_a_loop(node: Node) -> bool:
    """Whether Numba would compute a scattered sum much faster."""
    return (
        isinstance(node.op, ops.ScatterAdd)
        and count(node.inputs[0]) >= compiled_loop.COMPILED_FROM
    )


def _matrices(storage: Storage, node: Node, out: Array) -> list[Array] | None:
    """Return result, rows and indices as matrices and a vector; None if they are not.

    That is so where rows or indices are views with gaps.
    """
    x, index = (storage.array[i] for i in node.inputs)
    width = math.prod(sizes(node)[1:])
    if not width or not (x.flags.c_contiguous and index.flags.c_contiguous):
        return None
    return [out.reshape(-1, width), x.reshape(-1, width), index.reshape(-1)]


def add_rows(out: Array, x: Array, indices: Array) -> None:
    """Add each row of x to the row of `out`, contiguous, that its index names.

    `numpy.add.at` is several times faster on elements of a vector than on rows of a
    matrix, so it is given the places of the elements.
    """
    index, flat = indices.reshape(-1), out.reshape(-1)
    width = math.prod(out.shape[1:])
    if not width or not index.size:
        return
    rows, columns = x.reshape(-1, width), np.arange(width)
    step = max(1, BLOCK // width)
    for start in range(0, len(index), step):
        block = slice(start, start + step)
        places = index[block, None] * width + columns
        np.add.at(flat, places.reshape(-1), rows[block].reshape(-1))
