"""Reductions along axes: sums, extrema, softmax and its relatives."""

from __future__ import annotations

from chainrule.node import Dtype, Node, Value, as_node
from chainrule.ops.arithmetic import add, div, log, mul, sqrt, square, sub
from chainrule.ops.axes import Axis, normal_axes, normal_axis
from chainrule.ops.base import Gradients, Op
from chainrule.ops.broadcasting import broadcast_like
from chainrule.ops.comparison import equal, is_finite, to_float, where
from chainrule.ops.functions import exp
from chainrule.ops.shaping import ExpandDims, Squeeze
from chainrule.shapes import Shape, without

__all__ = [
    "Argmax", "Count", "LogSoftmax", "LogSumExp", "Max", "Mean", "Min", "Softmax",
    "Sum",
    "argmax", "l2_norm", "log_softmax", "logsumexp", "max", "mean", "min",
    "softmax", "sum", "variance",
]  # fmt: skip


class Reduction(Op):
    """An op that turns the elements along `axes` into one."""

    axes: tuple[int, ...]
    keepdims: bool = False

    def infer(self, x: Node) -> tuple[Shape, Dtype]:
        if not self.keepdims:
            return without(x.shape, self.axes), x.dtype
        ones = tuple(1 if i in self.axes else s for i, s in enumerate(x.shape))
        return ones, x.dtype

    def expanded(self, g: Node) -> Node:
        """Put back the axes that were reduced, with size 1."""
        return g if self.keepdims or not self.axes else ExpandDims(self.axes)(g)


class Sum(Reduction):
    """y = Σ x over some axes."""

    notation = "Σ {0}"
    latex = r"\sum {0}"
    precedence = 2

    def vjp(self, g: Node, y: Node, x: Node) -> Gradients:
        return (broadcast_like(self.expanded(g), x),)


class Mean(Reduction):
    """y = 1/n Σ x over some axes; n is the number of elements along them."""

    notation = "mean({0})"
    latex = r"\operatorname{mean}\left({0}\right)"

    def infer(self, x: Node) -> tuple[Shape, Dtype]:
        return super().infer(x)[0], "float"

    def vjp(self, g: Node, y: Node, x: Node) -> Gradients:
        return (broadcast_like(self.expanded(g / Count(self.axes)(x)), x),)


class Count(Op):
    """y = the number of elements along some axes of x, none of which is read."""

    axes: tuple[int, ...]
    notation = "n"

    def infer(self, x: Node) -> tuple[Shape, Dtype]:
        return (), "float"

    def vjp(self, g: Node, y: Node, x: Node) -> Gradients:
        return (None,)


class Extremum(Reduction):
    """The largest or smallest element; ties share the gradient, as in TensorFlow."""

    def vjp(self, g: Node, y: Node, x: Node) -> Gradients:
        chosen = to_float(equal(x, self.expanded(y)))
        ties = Sum(self.axes, keepdims=True)(chosen)
        return (self.expanded(g) / ties * chosen,)


class Max(Extremum):
    """y = max x over some axes."""

    notation = "max({0})"
    latex = r"\max\left({0}\right)"


class Min(Extremum):
    """y = min x over some axes."""

    notation = "min({0})"
    latex = r"\min\left({0}\right)"


class Argmax(Op):
    """y = the index of the largest element along an axis, or of the first of them."""

    axis: int
    notation = "argmax({0})"
    latex = r"\operatorname{argmax}\left({0}\right)"

    def infer(self, x: Node) -> tuple[Shape, Dtype]:
        return without(x.shape, (self.axis,)), "int"

    def vjp(self, g: Node, y: Node, x: Node) -> Gradients:
        return (None,)


class LogSumExp(Reduction):
    """y = ln Σ eˣ over some axes, without overflow."""

    notation = "logsumexp({0})"
    latex = r"\operatorname{logsumexp}\left({0}\right)"

    def infer(self, x: Node) -> tuple[Shape, Dtype]:
        return super().infer(x)[0], "float"

    def vjp(self, g: Node, y: Node, x: Node) -> Gradients:
        return (mul(self.expanded(g), exp(sub(x, self.expanded(y)))),)

    def expand(self, x: Node) -> Node:
        largest, _, total = _shifted(x, self.axes)
        y = add(log(total), largest)
        return y if self.keepdims else Squeeze(self.axes)(y)


class Softmax(Op):
    """yᵢ = e^xᵢ / Σⱼ e^xⱼ along an axis."""

    axis: int
    notation = "softmax({0})"
    latex = r"\operatorname{softmax}\left({0}\right)"

    def infer(self, x: Node) -> tuple[Shape, Dtype]:
        return x.shape, "float"

    def vjp(self, g: Node, y: Node, x: Node) -> Gradients:
        weighted = mul(g, y)
        return (sub(weighted, mul(y, Sum((self.axis,), keepdims=True)(weighted))),)

    def expand(self, x: Node) -> Node:
        _, shifted, total = _shifted(x, (self.axis,))
        return div(exp(shifted), total)


class LogSoftmax(Op):
    """yᵢ = xᵢ − ln Σⱼ e^xⱼ along an axis, without overflow."""

    axis: int
    notation = "log_softmax({0})"
    latex = r"\operatorname{log\,softmax}\left({0}\right)"

    def infer(self, x: Node) -> tuple[Shape, Dtype]:
        return x.shape, "float"

    def vjp(self, g: Node, y: Node, x: Node) -> Gradients:
        total = Sum((self.axis,), keepdims=True)(g)
        return (sub(g, mul(Softmax(self.axis)(x), total)),)

    def expand(self, x: Node) -> Node:
        _, shifted, total = _shifted(x, (self.axis,))
        return sub(shifted, log(total))


def _shifted(x: Node, axes: tuple[int, ...]) -> tuple[Node, Node, Node]:
    """Return max x, x − max x, and Σ exp(x − max x), which does not overflow."""
    largest = Max(axes, keepdims=True)(x)
    largest = where(is_finite(largest), largest, 0.0)  # ∞ − ∞ would be NaN
    shifted = sub(x, largest)
    return largest, shifted, Sum(axes, keepdims=True)(exp(shifted))


def _reduce(cls: type[Reduction], x: Value, axis: Axis, keepdims: bool) -> Node:
    x = as_node(x)
    axes = tuple(sorted(normal_axes(axis, x, cls.type_name)))
    return cls(axes, keepdims)(x)


def sum(x: Value, axis: Axis = None, keepdims: bool = False) -> Node:
    """Return Σ x over `axis` (None: all axes)."""
    return _reduce(Sum, x, axis, keepdims)


def mean(x: Value, axis: Axis = None, keepdims: bool = False) -> Node:
    """Return the mean of x over `axis` (None: all axes)."""
    return _reduce(Mean, x, axis, keepdims)


def max(x: Value, axis: Axis = None, keepdims: bool = False) -> Node:
    """Return the largest element over `axis` (None: all axes)."""
    return _reduce(Max, x, axis, keepdims)


def min(x: Value, axis: Axis = None, keepdims: bool = False) -> Node:
    """Return the smallest element over `axis` (None: all axes)."""
    return _reduce(Min, x, axis, keepdims)


def logsumexp(x: Value, axis: Axis = None, keepdims: bool = False) -> Node:
    """Return ln Σ eˣ over `axis` (None: all axes)."""
    return _reduce(LogSumExp, x, axis, keepdims)


def variance(x: Value, axis: Axis = None, keepdims: bool = False) -> Node:
    """Return the mean squared distance from the mean (divided by n, as in NumPy)."""
    x = as_node(x)
    return mean(square(sub(x, mean(x, axis, keepdims=True))), axis, keepdims)


def _along(
    cls: type[Argmax] | type[Softmax] | type[LogSoftmax], x: Value, axis: int
) -> Node:
    x = as_node(x)
    return cls(normal_axis(axis, x, cls.type_name))(x)


def argmax(x: Value, axis: int = -1) -> Node:
    """Return the index of the largest element along `axis`."""
    return _along(Argmax, x, axis)


def softmax(x: Value, axis: int = -1) -> Node:
    """Return e^x / Σ e^x along `axis`."""
    return _along(Softmax, x, axis)


def log_softmax(x: Value, axis: int = -1) -> Node:
    """Return x − ln Σ e^x along `axis`."""
    return _along(LogSoftmax, x, axis)


def l2_norm(x: Value) -> Node:
    """Return √(Σ x²) over all axes."""
    return sqrt(sum(square(x)))
