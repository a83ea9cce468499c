"""Sums of exponentials, their logarithm and softmax, without overflow."""

from __future__ import annotations

from chainrule.arguments import checked
from chainrule.dtypes import Dtype
from chainrule.node import Node, Value, as_node
from chainrule.ops.arithmetic import add, div, log, mul, sub
from chainrule.ops.axes import check_elements, normal_axis
from chainrule.ops.base import Gradients, Op, made
from chainrule.ops.comparison import is_finite, where
from chainrule.ops.functions import exp
from chainrule.ops.reductions import Max, Reduction, Sum
from chainrule.ops.shaping import Squeeze
from chainrule.shapes import Axis, OneAxis, Shape

__all__ = [
    "LogSoftmax", "LogSumExp", "Softmax", "log_softmax", "logsumexp", "softmax",
]  # fmt: skip


class LogSumExp(Reduction):
    """y = ln Σ eˣ over some axes."""

    notation = "logsumexp({0})"
    latex = r"\operatorname{logsumexp}\left({0}\right)"
    takes = "float"

    def infer(self, x: Node) -> tuple[Shape, Dtype]:
        check_elements(x, self.axes, "logsumexp")
        return super().infer(x)[0], "float"

    def vjp(self, g: Node, y: Node, x: Node) -> Gradients:
        if len(self.axes) == 1:
            return (mul(self.expanded(g), Softmax(self.axes[0])(x)),)
        e = exp(sub(x, self.expanded(y)))
        share = div(e, Sum(self.axes, keepdims=True)(e))  # y is rounded: Σ e is near 1
        return (mul(self.expanded(g), share),)

    def expand(self, x: Node) -> Node:
        largest, _, total = _shifted(x, self.axes)
        y = add(log(total), largest)
        return y if self.keepdims else Squeeze(self.axes)(y)


@checked
def logsumexp(x: Value, axis: Axis = None, keepdims: bool = False) -> Node:
    """Return ln Σ eˣ over `axis` (None: all axes)."""
    return LogSumExp.over(x, axis, keepdims)


class Softmax(Op):
    """yᵢ = e^xᵢ / Σⱼ e^xⱼ along an axis."""

    axis: int
    notation = "softmax({0})"
    latex = r"\operatorname{softmax}\left({0}\right)"
    takes = "float"

    def infer(self, x: Node) -> tuple[Shape, Dtype]:
        check_elements(x, (self.axis,), "softmax")
        return x.shape, "float"

    def vjp(self, g: Node, y: Node, x: Node) -> Gradients:
        weighted = mul(g, y)
        return (sub(weighted, mul(y, Sum((self.axis,), keepdims=True)(weighted))),)

    def expand(self, x: Node) -> Node:
        _, shifted, total = _shifted(x, (self.axis,))
        return div(exp(shifted), total)


@checked
def softmax(x: Value, axis: OneAxis = -1) -> Node:
    """Return e^x / Σ e^x along `axis`."""
    x = as_node(x)
    return made(Softmax, normal_axis(axis, x, "softmax"))(x)


class LogSoftmax(Op):
    """yᵢ = xᵢ − ln Σⱼ e^xⱼ along an axis."""

    axis: int
    notation = "log_softmax({0})"
    latex = r"\operatorname{log\,softmax}\left({0}\right)"
    takes = "float"

    def infer(self, x: Node) -> tuple[Shape, Dtype]:
        check_elements(x, (self.axis,), "log_softmax")
        return x.shape, "float"

    def vjp(self, g: Node, y: Node, x: Node) -> Gradients:
        total = Sum((self.axis,), keepdims=True)(g)
        return (sub(g, mul(Softmax(self.axis)(x), total)),)

    def expand(self, x: Node) -> Node:
        _, shifted, total = _shifted(x, (self.axis,))
        return sub(shifted, log(total))


@checked
def log_softmax(x: Value, axis: OneAxis = -1) -> Node:
    """Return x − ln Σ e^x along `axis`."""
    x = as_node(x)
    return made(LogSoftmax, normal_axis(axis, x, "log_softmax"))(x)


def _shifted(x: Node, axes: tuple[int, ...]) -> tuple[Node, Node, Node]:
    """Return max x, x − max x, and Σ exp(x − max x), which does not overflow."""
    largest = Max(axes, keepdims=True)(x)
    largest = where(is_finite(largest), largest, 0.0)  # ∞ − ∞ would be NaN
    shifted = sub(x, largest)
    return largest, shifted, Sum(axes, keepdims=True)(exp(shifted))
