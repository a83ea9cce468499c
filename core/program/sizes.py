"""Sizes: the shape and the dtype in memory of what a lowered node computes."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from chainrule.node import Dtype, Node

Sizes = tuple[int, ...]
"""A shape without open dimensions."""


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
