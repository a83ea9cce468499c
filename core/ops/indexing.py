"""Indexing by arrays of integers: one-hot rows, and rows and elements by index."""

from __future__ import annotations

from chainrule.annotations import NonNegativeInt
from chainrule.arguments import checked
from chainrule.dtypes import Dtype
from chainrule.errors import ShapeError
from chainrule.node import Node, Value, as_node, describe
from chainrule.ops.base import Gradients, Op, made
from chainrule.ops.linalg import matmul
from chainrule.ops.shaping import expand_dims, reshape
from chainrule.shapes import Shape, broadcast_shapes, known_size, shape_fits

__all__ = [
    "OneHot", "Pick", "ScatterAdd", "ScatterAddLike", "Take",
    "one_hot", "pick", "scatter_add", "scatter_add_like", "take",
]  # fmt: skip


def _check_bound(op: str, indices: Node, bound: int | None) -> None:
    """Check that there is something for indices to choose from.

    Raises:
        ShapeError: there are indices, and nothing.
    """
    if bound == 0 and not {0, None} & {*indices.shape}:
        raise ShapeError(
            f"{op}: {describe(indices)} must be empty where there is nothing to choose "
            "from"
        )


class OneHot(Op):
    """y[…, j] = 1 where j is the index, and 0 elsewhere."""

    depth: NonNegativeInt
    notation = "onehot({0})"
    latex = r"\operatorname{onehot}\left({0}\right)"

    def infer(self, indices: Node) -> tuple[Shape, Dtype]:
        if indices.dtype != "int":
            raise ShapeError(
                f"one_hot: indices must be integers, got {describe(indices)} of "
                f"{indices.dtype}"
            )
        _check_bound("one_hot", indices, self.depth)
        return (*indices.shape, self.depth), "float"

    def vjp(self, g: Node, y: Node, indices: Node) -> Gradients:
        return (None,)


@checked
def one_hot(indices: Value, depth: NonNegativeInt) -> Node:
    """Return rows of zeros with a one at each index."""
    return made(OneHot, depth)(as_node(indices))


class Take(Op):
    """y = rows of x along axis 0, in the order of an array of indices."""

    notation = "{0}[{1}]"

    def infer(self, x: Node, indices: Node) -> tuple[Shape, Dtype]:
        if indices.dtype != "int" or not x.ndim:
            raise ShapeError(
                f"take: x must have rows and indices must be integers, got "
                f"{describe(x)} and {describe(indices)} of {indices.dtype}"
            )
        _check_bound("take", indices, x.shape[0])
        return (*indices.shape, *x.shape[1:]), x.dtype

    def vjp(self, g: Node, y: Node, x: Node, indices: Node) -> Gradients:
        rows = x.shape[0]
        if rows is None:
            return scatter_add_like(g, indices, x), None
        return ScatterAdd(rows)(g, indices), None


take = Take()


def _check_rows(x: Node, indices: Node) -> None:
    """Check that there is one index for each row of x, which `ScatterAdd` adds up.

    Raises:
        ShapeError: it is not so.
    """
    rows = x.shape[: indices.ndim]
    if indices.dtype != "int" or not shape_fits(indices.shape, rows):
        raise ShapeError(
            "scatter_add: indices must hold one integer for each row of "
            f"{describe(x)}, got {describe(indices)} of {indices.dtype}"
        )


class ScatterAdd(Op):
    """yᵣ = the sum of those rows xₖ whose index iₖ is r; what `take` does, undone.

    It is the derivative of `take`, as ``index_add`` of zeros in PyTorch and
    ``segment_sum`` in TensorFlow. x has the axes of the indices, then those of a row:
    (…, d) and (…) make (rows, d). Rows are added in the order in which they stand.
    """

    rows: NonNegativeInt
    notation = "scatter({0}, {1})"
    latex = r"\operatorname{scatter}\left({0}, {1}\right)"
    takes = "int"

    def infer(self, x: Node, indices: Node) -> tuple[Shape, Dtype]:
        _check_rows(x, indices)
        return (self.rows, *x.shape[indices.ndim :]), x.dtype

    def vjp(self, g: Node, y: Node, x: Node, indices: Node) -> Gradients:
        return take(g, indices), None

    def expand(self, x: Node, indices: Node) -> Node:
        row = x.shape[indices.ndim :]
        count, width = known_size(indices.shape), known_size(row)
        chosen = OneHot(self.rows)(reshape(indices, (count,)))
        return reshape(matmul(chosen.T, reshape(x, (count, width))), (self.rows, *row))


@checked
def scatter_add(x: Value, indices: Value, rows: NonNegativeInt) -> Node:
    """Return `rows` rows: in row r the sum of those of x whose index is r.

    Args:
        x: the rows to add up, of shape (…, d₁, d₂ …).
        indices: which row of the result each of them goes to, of shape (…).
        rows: the length of the result.

    Raises:
        ShapeError: there is not one integer for each row.
    """
    return ScatterAdd(rows)(as_node(x), as_node(indices))


class ScatterAddLike(Op):
    """yᵣ = the sum of those rows xₖ whose index iₖ is r, for each row r of `like`."""

    notation = "scatter({0}, {1})"
    latex = r"\operatorname{scatter}\left({0}, {1}\right)"
    takes = "int"

    def infer(self, x: Node, indices: Node, like: Node) -> tuple[Shape, Dtype]:
        _check_rows(x, indices)
        if not like.ndim:
            raise ShapeError(
                f"scatter_add_like: like must have rows, got {describe(like)}"
            )
        return (like.shape[0], *x.shape[indices.ndim :]), x.dtype

    def vjp(self, g: Node, y: Node, x: Node, indices: Node, like: Node) -> Gradients:
        return take(g, indices), None, None


scatter_add_like = ScatterAddLike()


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
        _check_bound("pick", indices, x.shape[-1])
        return shape, x.dtype

    def vjp(self, g: Node, y: Node, x: Node, indices: Node) -> Gradients:
        depth = x.shape[-1]
        if depth is None:
            raise ShapeError(
                f"pick: no derivative along the open last axis of {describe(x)}"
            )
        return expand_dims(g, -1) * OneHot(depth)(indices), None


pick = Pick()
