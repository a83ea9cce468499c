"""Matrix products."""

from __future__ import annotations

from chainrule.errors import ShapeError
from chainrule.node import Dtype, Node, Value, as_node, describe
from chainrule.ops.base import PRODUCT, Gradients, Op
from chainrule.ops.shaping import Transpose, expand_dims, squeeze, sum_like
from chainrule.shapes import Shape, broadcast_shapes, shape_fits, shape_text


class Matmul(Op):
    """Y = A B over the last two axes; a flag transposes an operand first."""

    transpose_a: bool = False
    transpose_b: bool = False
    precedence = PRODUCT
    associative = True

    def infer(self, a: Node, b: Node) -> tuple[Shape, Dtype]:
        if a.ndim < 2 or b.ndim < 2:
            raise ShapeError(
                f"matmul: {describe(a)} and {describe(b)} must both be matrices"
            )
        m, k = a.shape[-2:][:: -1 if self.transpose_a else 1]
        k2, n = b.shape[-2:][:: -1 if self.transpose_b else 1]
        _check_inner(a, k, b, k2)
        batch = broadcast_shapes(a.shape[:-2], b.shape[:-2])
        if batch is None:
            raise ShapeError(
                f"matmul: {describe(a)} times {describe(b)}: the leading sizes "
                f"{shape_text(a.shape[:-2])} and {shape_text(b.shape[:-2])} must "
                "broadcast"
            )
        return (*batch, m, n), "float"

    def written(self, node: Node) -> tuple[str, str]:
        a = "{0}ᵀ" if self.transpose_a else "{0}"
        b = "{1}ᵀ" if self.transpose_b else "{1}"
        tex = rf"{a} \cdot {b}".replace("ᵀ", r"^\top")
        return f"{a} · {b}", tex

    def vjp(self, g: Node, y: Node, a: Node, b: Node) -> Gradients:
        da = _matmul(g, b, transpose_b=not self.transpose_b)
        db = _matmul(a, g, transpose_a=not self.transpose_a)
        da = _swapped(da) if self.transpose_a else da
        db = _swapped(db) if self.transpose_b else db
        return (
            sum_like(da, a) if a.ndim < y.ndim or a.shape[:-2] != y.shape[:-2] else da,
            sum_like(db, b) if b.ndim < y.ndim or b.shape[:-2] != y.shape[:-2] else db,
        )


def _check_inner(a: Node, columns: int | None, b: Node, rows: int | None) -> None:
    if not shape_fits((columns,), (rows,)):
        raise ShapeError(
            f"matmul: {describe(a)} times {describe(b)}: the inner sizes {columns} and "
            f"{rows} must be equal"
        )


def _swapped(x: Node) -> Node:
    axes = list(range(x.ndim))
    axes[-2:] = axes[-1], axes[-2]
    return Transpose(tuple(axes))(x)


def _matmul(
    a: Node, b: Node, *, transpose_a: bool = False, transpose_b: bool = False
) -> Node:
    return Matmul()(
        _swapped(a) if transpose_a else a, _swapped(b) if transpose_b else b
    )


def matmul(a: Value, b: Value) -> Node:
    """Return A B over the last two axes; a vector counts as a row or a column.

    Raises:
        ShapeError: the inner sizes differ, or an operand is a scalar.
    """
    a, b = as_node(a), as_node(b)
    if a.ndim == 0 or b.ndim == 0:
        raise ShapeError(
            f"matmul: {describe(a)} times {describe(b)}: a scalar is not a matrix, "
            "use *"
        )
    _check_inner(a, a.shape[-1], b, b.shape[-2:][0])
    row, column = a.ndim == 1, b.ndim == 1
    y = Matmul()(expand_dims(a, 0) if row else a, expand_dims(b, 1) if column else b)
    if row:
        y = squeeze(y, -2)
    return squeeze(y, -1) if column else y
