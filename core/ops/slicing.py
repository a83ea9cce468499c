"""Slices, and concatenation, which slices undo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from chainrule.arguments import checked
from chainrule.dtypes import Dtype
from chainrule.errors import ShapeError, shown
from chainrule.habits import advice
from chainrule.node import Node, Value, as_node, describe
from chainrule.ops.axes import normal_axis
from chainrule.ops.base import Gradients, Op, made
from chainrule.ops.broadcasting import zeros_like
from chainrule.ops.shaping import ExpandDims, Squeeze
from chainrule.shapes import OneAxis, Shape, shape_fits, without

__all__ = [
    "Concatenate", "Part", "Slice", "Unslice", "concatenate", "slice_",
]  # fmt: skip

Range: TypeAlias = tuple[int, int | None, int]
"""Begin, end (None: the end of the axis) and step, which is positive."""


class Slice(Op):
    """y = x[begin:end:step, …], one range for each axis."""

    ranges: tuple[Range, ...]
    view = True

    def infer(self, x: Node) -> tuple[Shape, Dtype]:
        taken = zip(x.shape, self.ranges, strict=True)
        return tuple(_length(size, *each) for size, each in taken), x.dtype

    def written(self, node: Node) -> tuple[str, str]:
        return f"{{0}}[{', '.join(_range_text(*each) for each in self.ranges)}]", ""

    def vjp(self, g: Node, y: Node, x: Node) -> Gradients:
        return (made(Unslice, self.ranges)(g, x),)


class Unslice(Op):
    """y = zeros of another node's shape with x put where `Slice` takes it from."""

    ranges: tuple[Range, ...]
    notation = "unslice({0})"
    latex = r"\operatorname{unslice}\left({0}\right)"

    def infer(self, x: Node, like: Node) -> tuple[Shape, Dtype]:
        return like.shape, x.dtype

    def vjp(self, g: Node, y: Node, x: Node, like: Node) -> Gradients:
        return made(Slice, self.ranges)(g), None


def _length(size: int | None, begin: int, end: int | None, step: int) -> int | None:
    """Return how many elements a range takes; of an open axis one or an open number."""
    if size is not None:
        return len(range(*slice(begin, end, step).indices(size)))
    one = (begin + 1 or None) == end and step == 1
    return 1 if one else None


def _range_text(begin: int, end: int | None, step: int) -> str:
    if (begin, end, step) == (0, None, 1):
        return ":"
    return f"{begin}:{'' if end is None else end}{'' if step == 1 else f':{step}'}"


@checked
def slice_(x: Value, key: Any) -> Node:
    """Return x[key]; key holds integers, slices, ``...``, and None for a new axis.

    Raises:
        ShapeError: an index is out of range or of another kind, or there are too many.
    """
    x = as_node(x)
    ranges: list[Range] = []
    indexed: list[int] = []
    added: list[int] = []
    for k in _key_of_each_axis(x, key):
        axis = len(ranges)
        if k is None:
            added.append(axis - len(indexed) + len(added))
        elif isinstance(k, slice):
            ranges.append(_sliced(axis, k))
        else:
            ranges.append(_indexed(x, axis, k))
            indexed.append(axis)
    if (ranges and any(each != (0, None, 1) for each in ranges)) or not added:
        x = made(Slice, tuple(ranges))(x)
    x = made(Squeeze, tuple(indexed))(x) if indexed else x
    return made(ExpandDims, tuple(added))(x) if added else x


def _key_of_each_axis(x: Node, key: Any) -> list[Any]:
    """Write out ``...`` and what is left out at the end."""
    keys = list(key) if isinstance(key, tuple) else [key]
    at = next((i for i, k in enumerate(keys) if k is Ellipsis), None)
    if at is None:
        at = len(keys)
        keys.append(Ellipsis)
    given = sum(k is not None for k in keys) - 1
    missing = x.ndim - given
    if missing < 0:
        raise ShapeError(f"slice: {given} indices for {describe(x)}")
    return [*keys[:at], *[slice(None)] * missing, *keys[at + 1 :]]


def _sliced(axis: int, key: slice) -> Range:
    start, stop = _bound(axis, key.start), _bound(axis, key.stop)
    step = _bound(axis, key.step)
    step = 1 if step is None else step
    if step < 1:
        raise ShapeError(f"slice: step of axis {axis} must be positive, got {step}")
    return 0 if start is None else start, stop, step


def _bound(axis: int, bound: Any) -> int | None:
    if bound is None or type(bound) is int:
        return bound
    if not isinstance(bound, np.integer):
        raise ShapeError(
            f"slice: the bounds of axis {axis} must be integers, got {shown(bound)}"
        )
    return int(bound)


def _indexed(x: Node, axis: int, key: Any) -> Range:
    if isinstance(key, bool) or not isinstance(key, (int, np.integer)):
        raise ShapeError(
            f"slice: an index must be an integer, a slice, None or ..., got "
            f"{shown(key)}; {_instead_of(key)}"
        )
    size, index = x.shape[axis], int(key)
    if size is not None and not -size <= index < size:
        raise ShapeError(f"slice: {describe(x)} has no index {index} on axis {axis}")
    return index, None if index == -1 else index + 1, 1


def _instead_of(key: Any) -> str:
    """Say what to write instead of an index that is not one."""
    mask = key.dtype == "bool" if isinstance(key, (Node, np.ndarray)) else False
    return advice("mask" if mask else "array", "index")


class Concatenate(Op):
    """y = the operands along an axis, one after the other."""

    axis: int

    def infer(self, *parts: Node) -> tuple[Shape, Dtype]:
        first = parts[0]
        across = without(first.shape, (self.axis,))
        for x in parts:
            same = x.ndim == first.ndim
            if not same or not shape_fits(without(x.shape, (self.axis,)), across):
                raise ShapeError(
                    f"concatenate: {describe(x)} and {describe(first)} differ "
                    f"on an axis other than {self.axis}"
                )
        sizes = [x.shape[self.axis] for x in parts]
        known = [size for size in sizes if size is not None]
        total = sum(known) if len(known) == len(sizes) else None
        before, after = first.shape[: self.axis], first.shape[self.axis + 1 :]
        return (*before, total, *after), first.dtype

    def written(self, node: Node) -> tuple[str, str]:
        slots = ", ".join(f"{{{i}}}" for i in range(len(node.inputs)))
        return f"[{slots}]", rf"\left[{slots}\right]"

    def vjp(self, g: Node, y: Node, *parts: Node) -> Gradients:
        gradients: list[Node] = []
        start: int | None = 0
        for position, x in enumerate(parts):
            size = x.shape[self.axis]
            end = None if start is None or size is None else start + size
            if end is None:
                gradients.append(Part(self.axis, position)(g, *parts))
            else:
                before = (slice(None),) * self.axis
                gradients.append(slice_(g, (*before, slice(start, end))))
            start = end
        return tuple(gradients)


class Part(Op):
    """y = what one operand of a concatenation contributed to x.

    The other operands are those of the concatenation. Their numbers are never read,
    and their sizes along the axis may be open until the program runs.
    """

    axis: int
    position: int
    notation = "part({0})"
    latex = r"\operatorname{part}\left({0}\right)"

    def infer(self, *operands: Node) -> tuple[Shape, Dtype]:
        x, *parts = operands
        return parts[self.position].shape, x.dtype

    def vjp(self, g: Node, y: Node, *operands: Node) -> Gradients:
        _, *parts = operands
        whole = [zeros_like(part) for part in parts]
        whole[self.position] = g
        return Concatenate(self.axis)(*whole), *[None] * len(parts)


@checked
def concatenate(xs: Sequence[Any], axis: OneAxis = -1) -> Node:
    """Return the nodes along `axis`, one after the other.

    Raises:
        ShapeError: there is no node, or their shapes differ on another axis.
    """
    nodes = [as_node(x) for x in xs]
    if not nodes:
        raise ShapeError("concatenate: nothing to concatenate")
    along = normal_axis(axis, nodes[0], "concatenate")
    return made(Concatenate, along)(*nodes)
