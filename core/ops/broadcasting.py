"""Broadcasting as an op, and the sums that undo it.

The ``…_like`` ops take their result's shape from a second operand, which may be open
until the program runs; they never read its numbers.
"""

from __future__ import annotations

from chainrule.arguments import checked
from chainrule.dtypes import Dtype
from chainrule.errors import ShapeError
from chainrule.node import Node, Value, describe
from chainrule.ops.base import Gradients, Op
from chainrule.shapes import ClosedSizes, Shape, broadcast_shapes, shape_text

__all__ = [
    "BroadcastLike", "BroadcastTo", "SumLike", "ZerosLike",
    "broadcast_like", "broadcast_to", "sum_like", "zeros_like",
]  # fmt: skip


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


broadcast_like = BroadcastLike()


class SumLike(Op):
    """y = x summed over the axes along which the other node was broadcast to x."""

    notation = "Σ {0}"
    latex = r"\sum {0}"
    precedence = 2
    takes = "int"

    def infer(self, x: Node, like: Node) -> tuple[Shape, Dtype]:
        if broadcast_shapes(x.shape, like.shape) is None or like.ndim > x.ndim:
            raise ShapeError(
                f"sum_like: {describe(x)} does not sum to {shape_text(like.shape)}"
            )
        return like.shape, x.dtype

    def vjp(self, g: Node, y: Node, x: Node, like: Node) -> Gradients:
        return broadcast_like(g, x), None


sum_like = SumLike()


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


@checked
def broadcast_to(x: Value, shape: ClosedSizes) -> Node:
    """Return x repeated to a fixed shape."""
    return BroadcastTo(tuple(shape))(x)


def unbroadcast(g: Node, x: Node) -> Node:
    """Sum a gradient over the axes along which x was broadcast.

    A gradient with fewer axes than x is the same along the others, and repeated there.
    """
    if g.shape == x.shape:
        return g
    return sum_like(g, x) if g.ndim >= x.ndim else broadcast_like(g, x)


class ZerosLike(Op):
    """y = zeros of another node's shape."""

    notation = "0"

    def infer(self, like: Node) -> tuple[Shape, Dtype]:
        return like.shape, "float"

    def vjp(self, g: Node, y: Node, like: Node) -> Gradients:
        return (None,)


zeros_like = ZerosLike()
