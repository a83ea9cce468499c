"""Sizes: the shape, the dtype and the bytes of nodes in memory."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.dtypes import Dtype
from chainrule.graph import topological
from chainrule.node import Constant, Node

Sizes = tuple[int, ...]
"""A shape without open dimensions."""
NODE_BYTES = 1 << 10
"""What a node takes with all that is derived from it when it is compiled: its lowered
forms and its lines of code. Measured with 30 to 2,400 nodes: 700 to 950 bytes."""


def sizes(node: Node) -> Sizes:
    """Return the shape of a lowered node, in which no dimension is open."""
    return tuple([size for size in node.shape if size is not None])


def count(node: Node) -> int:
    """Return the number of elements of a lowered node."""
    return math.prod(sizes(node))


def numpy_dtype(dtype: Dtype, floats: npt.DTypeLike) -> np.dtype[np.generic]:
    """Return the NumPy dtype of a node's elements in a program with these floats."""
    given = {"float": floats, "int": np.int64, "bool": np.bool_}
    return np.dtype(given[dtype])


def graph_bytes(nodes: Sequence[Node]) -> int:
    """Return about how many bytes a graph has, its constants' values included."""
    order = topological(nodes)
    constants = sum(n.value.nbytes for n in order if isinstance(n, Constant))
    return NODE_BYTES * len(order) + constants


def owner(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the array that owns the memory of a view."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array
