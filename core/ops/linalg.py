"""Matrix products."""

from __future__ import annotations

from chainrule.arguments import checked
from chainrule.dtypes import Dtype
from chainrule.errors import ShapeError
from chainrule.node import Node, Value, as_node, describe
from chainrule.ops.base import PRODUCT, Gradients, Op, made
from chainrule.ops.shaping import Transpose, expand_dims, squeeze
from chainrule.shapes import Shape, broadcast_shapes, shape_text

__all__ = ["Matmul", "matmul"]


class Matmul(Op):
    """Y = A B over the last two axes; a flag transposes an operand first."""

    transpose_a: bool = False
    transpose_b: bool = False
    takes = "float"
    precedence = PRODUCT
    associative = True

    def infer(self, a: Node, b: Node) -> tuple[Shape, Dtype]:
        if len(a.shape) < 2 or len(b.shape) < 2:
            raise ShapeError(
                f"matmul: {describe(a)} and {describe(b)} must both be matrices"
            )
        *left, m, columns = a.shape
        *right, rows, n = b.shape
        if self.transpose_a:
            m, columns = columns, m
        if self.transpose_b:
            rows, n = n, rows
        _check_inner(a, columns, b, rows)
        stack = broadcast_shapes(tuple(left), tuple(right))
        if stack is None:
            raise ShapeError(
                f"matmul: {describe(a)} times {describe(b)}: the leading sizes "
                f"{shape_text(tuple(left))} and {shape_text(tuple(right))} must "
                "broadcast"
            )
        return (*stack, m, n), "float"

    def written(self, node: Node) -> tuple[str, str]:
        a = "{0}ᵀ" if self.transpose_a else "{0}"
        b = "{1}ᵀ" if self.transpose_b else "{1}"
        return f"{a} · {b}", rf"{a} \cdot {b}".replace("ᵀ", r"^\top")

    def vjp(self, g: Node, y: Node, a: Node, b: Node) -> Gradients:
        da = _product(g, b if self.transpose_b else _transposed(b))
        db = _product(a if self.transpose_a else _transposed(a), g)
        return (
            _transposed(da) if self.transpose_a else da,
            _transposed(db) if self.transpose_b else db,
        )


_product = Matmul()


def _transposed(x: Node) -> Node:
    """Return a stack of matrices with each of them transposed."""
    *stack, rows, columns = range(x.ndim)
    return made(Transpose, (*stack, columns, rows))(x)


def _check_inner(a: Node, columns: int | None, b: Node, rows: int | None) -> None:
    if columns != rows and columns is not None and rows is not None:
        raise ShapeError(
            f"matmul: {describe(a)} times {describe(b)}: the inner sizes {columns} and "
            f"{rows} must be equal"
        )


@checked
def matmul(a: Value, b: Value) -> Node:
    """Return A B over the last two axes; a vector counts as a row or a column.

    Raises:
        ShapeError: the inner sizes differ, or an operand is a scalar.
    """
    a, b = as_node(a), as_node(b)
    rank_a, rank_b = len(a.shape), len(b.shape)
    if rank_a == 0 or rank_b == 0:
        raise ShapeError(
            f"matmul: {describe(a)} times {describe(b)}: a scalar is not a matrix, "
            "use *"
        )
    if rank_a > 1 and rank_b > 1:
        return _product(a, b)
    _check_inner(a, a.shape[-1], b, b.shape[-2:][0])
    row, column = rank_a == 1, rank_b == 1
    y = _product(expand_dims(a, 0) if row else a, expand_dims(b, 1) if column else b)
    y = squeeze(y, -2) if row else y
    return squeeze(y, -1) if column else y
