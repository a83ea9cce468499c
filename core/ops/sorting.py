"""Sorting: the order of elements along an axis, and what stands there."""

from __future__ import annotations

import numpy as np

from chainrule.annotations import PositiveInt
from chainrule.arguments import checked
from chainrule.dtypes import Dtype
from chainrule.errors import ShapeError
from chainrule.node import Constant, Node, Value, as_node, describe
from chainrule.ops.arithmetic import mul
from chainrule.ops.axes import normal_axis
from chainrule.ops.base import Gradients, Op, made
from chainrule.ops.comparison import (
    equal,
    less,
    logical_and,
    logical_not,
    logical_or,
    not_equal,
    to_int,
)
from chainrule.ops.indexing import pick, take
from chainrule.ops.reductions import sum
from chainrule.ops.scans import closed
from chainrule.ops.shaping import Transpose, expand_dims
from chainrule.shapes import OneAxis, Shape

__all__ = ["Argsort", "argsort", "sort", "top_k"]


class Argsort(Op):
    """y = the indices that sort x along its last axis; equal elements keep their order.

    NaN is the largest number, as in NumPy.
    """

    notation = "argsort({0})"
    latex = r"\operatorname{argsort}\left({0}\right)"
    takes = "int"

    def infer(self, x: Node) -> tuple[Shape, Dtype]:
        if not x.ndim:
            raise ShapeError(f"argsort: {describe(x)} has no axis to sort along")
        return x.shape, "int"

    def vjp(self, g: Node, y: Node, x: Node) -> Gradients:
        return (None,)

    def expand(self, x: Node) -> Node:
        """Count for each element those that come before it, and invert that."""
        place = Constant(np.arange(closed(x, x.ndim - 1)))
        here, there = expand_dims(x, -1), expand_dims(x, -2)
        same, before = equal(there, here), less(there, here)
        if x.dtype == "float":
            nan, other_nan = not_equal(here, here), not_equal(there, there)
            same = logical_or(same, logical_and(nan, other_nan))
            before = logical_or(before, logical_and(nan, logical_not(other_nan)))
        earlier = less(place, expand_dims(place, -1))
        before = logical_or(before, logical_and(same, earlier))
        rank = expand_dims(sum(to_int(before), -1), -2)
        there = to_int(equal(rank, expand_dims(place, -1)))
        return sum(mul(there, place), -1)


argsort_last = Argsort()


@checked
def argsort(x: Value, axis: OneAxis = -1, descending: bool = False) -> Node:
    """Return the indices that sort x along `axis`; equal elements keep their order."""
    x = as_node(x)
    axis = normal_axis(axis, x, "argsort")
    last = _swapped(_ordered(x, descending), axis)
    return _swapped(argsort_last(last), axis)


@checked
def sort(x: Value, axis: OneAxis = -1, descending: bool = False) -> Node:
    """Return x sorted along `axis`; the gradient goes back to where elements stood."""
    x = as_node(x)
    axis = normal_axis(axis, x, "sort")
    last = _swapped(x, axis)
    return _swapped(_chosen(last, argsort_last(_ordered(last, descending))), axis)


@checked
def top_k(x: Value, k: PositiveInt) -> tuple[Node, Node]:
    """Return the k largest elements along the last axis, and their indices.

    The largest come first, and of equal ones those with the smaller index.

    Raises:
        ShapeError: the axis is open, or shorter than k.
    """
    x = as_node(x)
    normal_axis(-1, x, "top_k")
    size = closed(x, x.ndim - 1)
    if k > size:
        raise ShapeError(f"top_k: k must be at most {size} for {describe(x)}, got {k}")
    indices = argsort_last(_ordered(x, descending=True))[..., :k]
    return _chosen(x, indices), indices


def _ordered(x: Node, descending: bool) -> Node:
    """Return what is to be sorted from the smallest."""
    return -x if descending else x


def _chosen(x: Node, indices: Node) -> Node:
    """Return the elements of each row of x that a row of indices names."""
    return take(x, indices) if x.ndim == 1 else pick(expand_dims(x, -2), indices)


def _swapped(x: Node, axis: int) -> Node:
    """Swap an axis and the last one."""
    last = x.ndim - 1
    if axis == last:
        return x
    order = list(range(x.ndim))
    order[axis], order[last] = last, axis
    return made(Transpose, tuple(order))(x)
