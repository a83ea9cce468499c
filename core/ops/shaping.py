"""Ops that change shapes and not numbers; and sums, which undo broadcasting.

The ``…_like`` ops take their result's shape from a second operand, which may be open
until the program is run; its numbers are never read.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from chainrule.errors import ShapeError
from chainrule.node import Dtype, Node, Value, as_node, describe
from chainrule.ops.axes import normal_axes
from chainrule.ops.base import Gradients, Op
from chainrule.shapes import Shape, broadcast_shapes, shape_fits, shape_text, without


class Reshape(Op):
    """y = x with other dimensions; one of them may be None, which is then inferred."""

    shape: Shape
    notation = "reshape({0})"
    latex = r"\operatorname{reshape}\left({0}\right)"
    view = True

    def infer(self, x: Node) -> tuple[Shape, Dtype]:
        if None in x.shape:
            return self.shape, x.dtype
        size = math.prod(s for s in x.shape if s is not None)
        known = math.prod(s for s in self.shape if s is not None)
        if None in self.shape:
            fits = size % known == 0 if known else size == 0
            missing = size // known if known else 0
        else:
            fits, missing = size == known, 0
        if not fits:
            raise ShapeError(
                f"reshape: {describe(x)} has {size} elements, "
                f"{shape_text(self.shape)} has {known}"
            )
        return tuple(missing if s is None else s for s in self.shape), x.dtype

    def vjp(self, g: Node, y: Node, x: Node) -> Gradients:
        return (reshape_like(g, x),)


class ReshapeLike(Op):
    """y = x with the shape of another node."""

    notation = "reshape({0})"
    latex = r"\operatorname{reshape}\left({0}\right)"
    view = True

    def infer(self, x: Node, like: Node) -> tuple[Shape, Dtype]:
        return like.shape, x.dtype

    def vjp(self, g: Node, y: Node, x: Node, like: Node) -> Gradients:
        return reshape_like(g, x), None


class BroadcastLike(Op):
    """y = x repeated to the shape of another node; axes are aligned from the right."""

    notation = "{0}"
    view = True

    def infer(self, x: Node, like: Node) -> tuple[Shape, Dtype]:
        if broadcast_shapes(x.shape, like.shape) is None or x.ndim > like.ndim:
            raise ShapeError(
                f"broadcast: {describe(x)} does not broadcast to "
                f"{shape_text(like.shape)}"
            )
        return like.shape, x.dtype

    def vjp(self, g: Node, y: Node, x: Node, like: Node) -> Gradients:
        return sum_like(g, x), None


class SumLike(Op):
    """y = x summed over the axes along which the other node was broadcast to x."""

    notation = "Σ {0}"
    latex = r"\sum {0}"
    precedence = 2

    def infer(self, x: Node, like: Node) -> tuple[Shape, Dtype]:
        if broadcast_shapes(x.shape, like.shape) is None or like.ndim > x.ndim:
            raise ShapeError(
                f"sum_like: {describe(x)} does not sum to {shape_text(like.shape)}"
            )
        return like.shape, x.dtype

    def vjp(self, g: Node, y: Node, x: Node, like: Node) -> Gradients:
        return broadcast_like(g, x), None


class Count(Op):
    """y = how many elements lie along some axes of x, as a number; reads no element."""

    axes: tuple[int, ...]
    notation = "n"

    def infer(self, x: Node) -> tuple[Shape, Dtype]:
        return (), "float"

    def vjp(self, g: Node, y: Node, x: Node) -> Gradients:
        return (None,)


class BroadcastTo(Op):
    """y = x repeated to a fixed shape; axes are aligned from the right."""

    shape: tuple[int, ...]
    notation = "{0}"
    view = True

    def infer(self, x: Node) -> tuple[Shape, Dtype]:
        if broadcast_shapes(x.shape, self.shape) != self.shape:
            raise ShapeError(
                f"broadcast: {describe(x)} does not broadcast to "
                f"{shape_text(self.shape)}"
            )
        return self.shape, x.dtype

    def vjp(self, g: Node, y: Node, x: Node) -> Gradients:
        return (sum_like(g, x),)


class ExpandDims(Op):
    """y = x with axes of size 1 put in; `axes` are positions in the result."""

    axes: tuple[int, ...]
    notation = "{0}"
    view = True

    def infer(self, x: Node) -> tuple[Shape, Dtype]:
        sizes = list(x.shape)
        for axis in self.axes:
            sizes.insert(axis, 1)
        return tuple(sizes), x.dtype

    def vjp(self, g: Node, y: Node, x: Node) -> Gradients:
        return (Squeeze(self.axes)(g),)


class Squeeze(Op):
    """y = x without some axes of size 1."""

    axes: tuple[int, ...]
    notation = "{0}"
    view = True

    def infer(self, x: Node) -> tuple[Shape, Dtype]:
        for axis in self.axes:
            if x.shape[axis] not in (1, None):
                raise ShapeError(f"squeeze: axis {axis} of {describe(x)} is not 1")
        return without(x.shape, self.axes), x.dtype

    def vjp(self, g: Node, y: Node, x: Node) -> Gradients:
        return (ExpandDims(self.axes)(g),)


class Transpose(Op):
    """y = x with its axes in another order."""

    axes: tuple[int, ...]
    notation = "{0}ᵀ"
    latex = "{0}^\\top"
    precedence = 7
    view = True

    def infer(self, x: Node) -> tuple[Shape, Dtype]:
        if sorted(self.axes) != list(range(x.ndim)):
            raise ShapeError(
                f"transpose: axes must hold each axis of {describe(x)} once, "
                f"got {self.axes}"
            )
        return tuple(x.shape[a] for a in self.axes), x.dtype

    def vjp(self, g: Node, y: Node, x: Node) -> Gradients:
        back = tuple(self.axes.index(i) for i in range(len(self.axes)))
        return (Transpose(back)(g),)


class Concatenate(Op):
    """y = the operands one behind the other along an axis."""

    axis: int

    def infer(self, *parts: Node) -> tuple[Shape, Dtype]:
        first = parts[0]
        across = without(first.shape, (self.axis,))
        total: int | None = 0
        for x in parts:
            if (
                not shape_fits(without(x.shape, (self.axis,)), across)
                or x.ndim != first.ndim
            ):
                raise ShapeError(
                    f"concatenate: {describe(x)} and {describe(first)} differ "
                    f"on an axis other than {self.axis}"
                )
            size = x.shape[self.axis]
            total = None if total is None or size is None else total + size
        sizes = list(first.shape)
        sizes[self.axis] = total
        return tuple(sizes), first.dtype

    def written(self, node: Node) -> tuple[str, str]:
        slots = ", ".join(f"{{{i}}}" for i in range(len(node.inputs)))
        return f"[{slots}]", rf"\left[{slots}\right]"

    def vjp(self, g: Node, y: Node, *parts: Node) -> Gradients:
        gradients: list[Node] = []
        start = 0
        for x in parts:
            size = x.shape[self.axis]
            if size is None:
                raise ShapeError(
                    f"concatenate: no derivative along the open axis {self.axis} "
                    f"of {describe(x)}; concatenate along another axis"
                )
            key = [slice(None)] * x.ndim
            key[self.axis] = slice(start, start + size)
            gradients.append(slice_(g, tuple(key)))
            start += size
        return tuple(gradients)


class Slice(Op):
    """y = x[begin:end:step, …]; a step is positive. End None means to the end."""

    ranges: tuple[tuple[int, int | None, int], ...]
    view = True

    def infer(self, x: Node) -> tuple[Shape, Dtype]:
        sizes: list[int | None] = []
        for size, (begin, end, step) in zip(x.shape, self.ranges, strict=True):
            if size is None:
                whole = (begin, end, step) == (0, None, 1)
                fixed = end is not None and begin >= 0 and end >= 0
                sizes.append(
                    None if whole or not fixed else len(range(begin, end or 0, step))
                )
            else:
                sizes.append(len(range(*slice(begin, end, step).indices(size))))
        return tuple(sizes), x.dtype

    def written(self, node: Node) -> tuple[str, str]:
        text = ", ".join(
            ":" if r == (0, None, 1) else
            f"{r[0]}:{'' if r[1] is None else r[1]}{'' if r[2] == 1 else f':{r[2]}'}"
            for r in self.ranges
        )  # fmt: skip
        return f"{{0}}[{text}]", ""

    def vjp(self, g: Node, y: Node, x: Node) -> Gradients:
        return (Unslice(self.ranges)(g, x),)


class Unslice(Op):
    """y = zeros of another node's shape with x put where `Slice` takes it from."""

    ranges: tuple[tuple[int, int | None, int], ...]
    notation = "unslice({0})"
    latex = r"\operatorname{unslice}\left({0}\right)"

    def infer(self, x: Node, like: Node) -> tuple[Shape, Dtype]:
        return like.shape, x.dtype

    def vjp(self, g: Node, y: Node, x: Node, like: Node) -> Gradients:
        return Slice(self.ranges)(g), None


class ZerosLike(Op):
    """y = zeros of another node's shape."""

    notation = "0"

    def infer(self, like: Node) -> tuple[Shape, Dtype]:
        return like.shape, "float"

    def vjp(self, g: Node, y: Node, like: Node) -> Gradients:
        return (None,)


reshape_like, broadcast_like, sum_like = ReshapeLike(), BroadcastLike(), SumLike()
zeros_like = ZerosLike()


def reshape(x: Value, shape: Any) -> Node:
    """Return x with another shape; −1 or None is inferred, at most one of them."""
    x = as_node(x)
    if isinstance(shape, int):
        shape = (shape,)
    if len(shape) == 1 and isinstance(shape[0], (tuple, list)):
        shape = shape[0]
    try:
        sizes = tuple(None if s in (None, -1) else operator.index(s) for s in shape)
    except TypeError:
        raise ShapeError(
            f"reshape: shape must be a tuple of integers, got {shape!r}"
        ) from None
    if sizes.count(None) > 1:
        raise ShapeError(
            f"reshape: at most one size of {shape_text(sizes)} can be open"
        )
    return Reshape(sizes)(x)


def broadcast_to(x: Value, shape: tuple[int, ...]) -> Node:
    """Return x repeated to a fixed shape."""
    return BroadcastTo(tuple(shape))(x)


def expand_dims(x: Value, axis: int | tuple[int, ...]) -> Node:
    """Return x with axes of size 1 put in at positions `axis` of the result."""
    x = as_node(x)
    more = len(axis) if isinstance(axis, (tuple, list)) else 1
    return ExpandDims(tuple(sorted(normal_axes(axis, x, "expand_dims", more=more))))(x)


def squeeze(x: Value, axis: int | tuple[int, ...]) -> Node:
    """Return x without the axes `axis`, each of size 1."""
    x = as_node(x)
    return Squeeze(tuple(sorted(normal_axes(axis, x, "squeeze"))))(x)


def transpose(x: Value, axes: tuple[int, ...] | None = None) -> Node:
    """Return x with its axes reversed, or in the order given."""
    x = as_node(x)
    order = normal_axes(axes, x, "transpose")
    return Transpose(order[::-1] if axes is None else order)(x)


def concatenate(xs: list[Value] | tuple[Value, ...], axis: int = -1) -> Node:
    """Return the nodes one behind the other along `axis`."""
    nodes = [as_node(x) for x in xs]
    if not nodes:
        raise ShapeError("concatenate: nothing to concatenate")
    return Concatenate(normal_axes(axis, nodes[0], "concatenate")[0])(*nodes)


def slice_(x: Value, key: Any) -> Node:
    """Return x[key]; key holds integers, slices with a positive step, and ``...``."""
    x = as_node(x)
    keys = list(key) if isinstance(key, tuple) else [key]
    if Ellipsis in keys:
        at = keys.index(Ellipsis)
        keys[at : at + 1] = [slice(None)] * (x.ndim - len(keys) + 1)
    keys += [slice(None)] * (x.ndim - len(keys))
    if len(keys) > x.ndim:
        raise ShapeError(f"slice: {len(keys)} indices for {describe(x)}")
    ranges: list[tuple[int, int | None, int]] = []
    dropped: list[int] = []
    for axis, k in enumerate(keys):
        size = x.shape[axis]
        if isinstance(k, slice):
            step = 1 if k.step is None else int(k.step)
            if step < 1:
                raise ShapeError(f"slice: step {step} of axis {axis} is not positive")
            ranges.append((0 if k.start is None else int(k.start), k.stop, step))
        elif isinstance(k, (int, np.integer)) and not isinstance(k, bool):
            k = int(k)
            if size is not None and not -size <= k < size:
                raise ShapeError(
                    f"slice: {describe(x)} has no index {k} on axis {axis}"
                )
            ranges.append((k, None if k == -1 else k + 1, 1))
            dropped.append(axis)
        else:
            raise ShapeError(
                f"slice: an index is an integer, a slice or ..., got {k!r}; "
                "use cr.ops.take for an array of indices"
            )
    part = Slice(tuple(ranges))(x)
    return Squeeze(tuple(dropped))(part) if dropped else part
