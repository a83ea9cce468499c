"""Indexing by arrays of integers: one-hot rows, and rows and elements by index."""

from __future__ import annotations

import math

from chainrule.annotations import NonNegativeInt
from chainrule.arguments import checked
from chainrule.errors import ShapeError
from chainrule.node import Dtype, Node, Value, as_node, describe
from chainrule.ops.base import Gradients, Op
from chainrule.ops.linalg import matmul
from chainrule.ops.shaping import expand_dims, reshape, reshape_like
from chainrule.shapes import Shape, broadcast_shapes

__all__ = ["OneHot", "Pick", "Take", "one_hot", "pick", "take"]


class OneHot(Op):
    """y[…, j] = 1 where j is the index, and 0 elsewhere."""

    depth: int
    notation = "onehot({0})"
    latex = r"\operatorname{onehot}\left({0}\right)"

    def infer(self, indices: Node) -> tuple[Shape, Dtype]:
        if indices.dtype != "int":
            raise ShapeError(
                f"one_hot: indices must be integers, got {describe(indices)} of "
                f"{indices.dtype}"
            )
        return (*indices.shape, self.depth), "float"

    def vjp(self, g: Node, y: Node, indices: Node) -> Gradients:
        return (None,)


@checked
def one_hot(indices: Value, depth: NonNegativeInt) -> Node:
    """Return rows of zeros with a one at each index."""
    return OneHot(depth)(as_node(indices))


class Take(Op):
    """y = rows of x along axis 0, in the order of an array of indices."""

    notation = "{0}[{1}]"

    def infer(self, x: Node, indices: Node) -> tuple[Shape, Dtype]:
        if indices.dtype != "int" or not x.ndim:
            raise ShapeError(
                f"take: x must have rows and indices must be integers, got "
                f"{describe(x)} and {describe(indices)} of {indices.dtype}"
            )
        return (*indices.shape, *x.shape[1:]), x.dtype

    def vjp(self, g: Node, y: Node, x: Node, indices: Node) -> Gradients:
        rows = x.shape[0]
        if rows is None:
            raise ShapeError(
                f"take: no derivative along the open axis of {describe(x)}"
            )
        chosen = OneHot(rows)(reshape(indices, (-1,)))
        flat = reshape(g, (-1, math.prod(size or 1 for size in x.shape[1:])))
        return (reshape_like(matmul(chosen.T, flat), x), None)


take = Take()


class Pick(Op):
    """yᵢ = x[i, tᵢ]: along the last axis, the element that an index names."""

    notation = "{0}[{1}]"

    def infer(self, x: Node, indices: Node) -> tuple[Shape, Dtype]:
        shape = broadcast_shapes(x.shape[:-1], indices.shape)
        if indices.dtype != "int" or indices.ndim != x.ndim - 1 or shape is None:
            raise ShapeError(
                "pick: indices must hold one integer for each row of the last axis of "
                f"{describe(x)}, got {describe(indices)} of {indices.dtype}"
            )
        return shape, x.dtype

    def vjp(self, g: Node, y: Node, x: Node, indices: Node) -> Gradients:
        depth = x.shape[-1]
        if depth is None:
            raise ShapeError(
                f"pick: no derivative along the open last axis of {describe(x)}"
            )
        return expand_dims(g, -1) * OneHot(depth)(indices), None


pick = Pick()
