"""Ops that change the shape and not the numbers."""

from __future__ import annotations

from chainrule.arguments import checked
from chainrule.dtypes import Dtype
from chainrule.errors import ShapeError
from chainrule.node import Node, Value, as_node, describe
from chainrule.ops.axes import normal_axes
from chainrule.ops.base import Gradients, Op, made
from chainrule.shapes import (
    Axis,
    NewShape,
    Shape,
    SomeAxes,
    known_size,
    shape_text,
    without,
)

__all__ = [
    "ExpandDims", "Reshape", "ReshapeLike", "Squeeze", "Transpose",
    "expand_dims", "reshape", "reshape_like", "squeeze", "transpose",
]  # fmt: skip


class Reshape(Op):
    """y = x with other dimensions; one of them may be None, which is then inferred."""

    shape: Shape
    notation = "reshape({0})"
    latex = r"\operatorname{reshape}\left({0}\right)"
    view = True

    def infer(self, x: Node) -> tuple[Shape, Dtype]:
        if None in x.shape:
            return self.shape, x.dtype
        size, known = known_size(x.shape), known_size(self.shape)
        inferred = size // known if known else 0
        if size != (known * inferred if None in self.shape else known):
            raise ShapeError(
                f"reshape: {describe(x)} has {size} elements, "
                f"{shape_text(self.shape)} has {known}"
            )
        return tuple(inferred if s is None else s for s in self.shape), x.dtype

    def vjp(self, g: Node, y: Node, x: Node) -> Gradients:
        return (reshape_like(g, x),)


@checked
def reshape(x: Value, shape: NewShape) -> Node:
    """Return x with another shape; −1 or None is inferred, at most one of them.

    Raises:
        ShapeError: the shape has another number of elements, or is not a shape.
    """
    x = as_node(x)
    return made(Reshape, shape)(x)


class ReshapeLike(Op):
    """y = x with the shape of another node, whose numbers are never read."""

    notation = "reshape({0})"
    latex = r"\operatorname{reshape}\left({0}\right)"
    view = True

    def infer(self, x: Node, like: Node) -> tuple[Shape, Dtype]:
        return like.shape, x.dtype

    def vjp(self, g: Node, y: Node, x: Node, like: Node) -> Gradients:
        return reshape_like(g, x), None


reshape_like = ReshapeLike()


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
        return (made(Squeeze, self.axes)(g),)


@checked
def expand_dims(x: Value, axis: SomeAxes) -> Node:
    """Return x with axes of size 1 put in at positions `axis` of the result."""
    x = as_node(x)
    more = len(axis) if isinstance(axis, (tuple, list)) else 1
    return made(
        ExpandDims, tuple(sorted(normal_axes(axis, x, "expand_dims", more=more)))
    )(x)


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
        return (made(ExpandDims, self.axes)(g),)


@checked
def squeeze(x: Value, axis: SomeAxes) -> Node:
    """Return x without the axes `axis`, each of size 1."""
    x = as_node(x)
    return made(Squeeze, tuple(sorted(normal_axes(axis, x, "squeeze"))))(x)


class Transpose(Op):
    """y = x with its axes in another order."""

    axes: tuple[int, ...]
    notation = "{0}ᵀ"
    latex = r"{0}^\top"
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
        return (made(Transpose, back)(g),)


@checked
def transpose(x: Value, axes: Axis = None) -> Node:
    """Return x with its axes reversed, or in the order given."""
    x = as_node(x)
    order = normal_axes(axes, x, "transpose")
    return made(Transpose, order[::-1] if axes is None else order)(x)
