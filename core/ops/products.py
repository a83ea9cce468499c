"""Products along axes."""

from __future__ import annotations

from chainrule.arguments import checked
from chainrule.node import Node, Value, as_node
from chainrule.ops.arithmetic import mul
from chainrule.ops.base import Gradients, made
from chainrule.ops.joining import padded
from chainrule.ops.reductions import Reduction
from chainrule.ops.scans import closed, part, scan
from chainrule.shapes import Axis

__all__ = ["Prod", "prod"]


class Prod(Reduction):
    """y = ∏ x over some axes; its derivative needs their sizes, so none may be open."""

    notation = "prod({0})"
    latex = r"\prod {0}"
    precedence = 2
    takes = "int"

    def vjp(self, g: Node, y: Node, x: Node) -> Gradients:
        gradient = self.expanded(g)
        for axis in self.axes:
            gradient = gradient * products_of_others(x, axis)
            x = made(Prod, (axis,), True)(x)
        return (gradient,)


@checked
def prod(x: Value, axis: Axis = None, keepdims: bool = False) -> Node:
    """Return ∏ x over `axis` (None: all axes)."""
    return Prod.over(as_node(x), axis, keepdims)


def products_of_others(x: Node, axis: int) -> Node:
    """Return for each element the product of all others along an axis.

    Unlike ∏ x / xᵢ it holds where elements are 0, and so do its derivatives.

    Raises:
        ShapeError: the axis is open.
    """
    size = closed(x, axis)
    if size == 0:
        return x
    before = padded(part(x, axis, 0, size - 1), axis, (1, 0), 1)
    after = padded(part(x, axis, 1, size), axis, (0, 1), 1)
    return scan(mul, before, axis) * scan(mul, after, axis, reverse=True)
