"""Reductions along axes: sums, means and extrema."""

from __future__ import annotations

from chainrule.arguments import checked
from chainrule.dtypes import Dtype
from chainrule.node import Node, Value, as_node
from chainrule.ops.arithmetic import sqrt, square, sub
from chainrule.ops.axes import check_elements, normal_axes, normal_axis
from chainrule.ops.base import Gradients, Op, made
from chainrule.ops.broadcasting import broadcast_like
from chainrule.ops.comparison import (
    equal,
    greater,
    logical_not,
    not_equal,
    to_float,
    where,
)
from chainrule.ops.shaping import ExpandDims
from chainrule.shapes import Axis, OneAxis, Shape, without

__all__ = [
    "Argmax", "Count", "Max", "Mean", "Min", "Sum",
    "all", "any", "argmax", "l2_norm", "max", "mean", "min", "std", "sum", "var",
]  # fmt: skip


class Reduction(Op):
    """An op that turns the elements along `axes` into one."""

    axes: tuple[int, ...]
    keepdims: bool = False

    @classmethod
    def over(cls, x: Value, axis: Axis, keepdims: bool) -> Node:
        """Reduce x over one axis, several, or (None) all of them."""
        x = as_node(x)
        axes = tuple(sorted(normal_axes(axis, x, cls.type_name)))
        return made(cls, axes, keepdims)(x)

    def infer(self, x: Node) -> tuple[Shape, Dtype]:
        if not self.keepdims:
            return without(x.shape, self.axes), x.dtype
        ones = tuple(1 if i in self.axes else s for i, s in enumerate(x.shape))
        return ones, x.dtype

    def expanded(self, g: Node) -> Node:
        """Put back the axes that were reduced, with size 1."""
        return g if self.keepdims or not self.axes else made(ExpandDims, self.axes)(g)


class Sum(Reduction):
    """y = Σ x over some axes."""

    notation = "Σ {0}"
    latex = r"\sum {0}"
    precedence = 2
    takes = "int"

    def vjp(self, g: Node, y: Node, x: Node) -> Gradients:
        return (broadcast_like(self.expanded(g), x),)


@checked
def sum(x: Value, axis: Axis = None, keepdims: bool = False) -> Node:
    """Return Σ x over `axis` (None: all axes)."""
    return Sum.over(x, axis, keepdims)


class Count(Op):
    """y = the number of elements along some axes of x, none of which is read."""

    axes: tuple[int, ...]
    notation = "n"

    def infer(self, x: Node) -> tuple[Shape, Dtype]:
        return (), "float"

    def vjp(self, g: Node, y: Node, x: Node) -> Gradients:
        return (None,)


class Mean(Reduction):
    """y = 1/n Σ x over some axes; n is the number of elements along them."""

    notation = "mean({0})"
    latex = r"\operatorname{mean}\left({0}\right)"
    takes = "float"

    def infer(self, x: Node) -> tuple[Shape, Dtype]:
        return super().infer(x)[0], "float"

    def vjp(self, g: Node, y: Node, x: Node) -> Gradients:
        return (broadcast_like(self.expanded(g / Count(self.axes)(x)), x),)


@checked
def mean(x: Value, axis: Axis = None, keepdims: bool = False) -> Node:
    """Return the mean of x over `axis` (None: all axes)."""
    return Mean.over(x, axis, keepdims)


@checked
def var(
    x: Value, axis: Axis = None, correction: float = 0, keepdims: bool = False
) -> Node:
    """Return the variance of x over `axis` (None: all axes).

    The sum of squared distances from the mean is divided by n − `correction`. It is 0
    by default, as in NumPy and Keras; in PyTorch it is 1, for the variance of what the
    numbers are a sample of.
    """
    x = as_node(x)
    axes = tuple(sorted(normal_axes(axis, x, "var")))
    squares = square(sub(x, mean(x, axes, keepdims=True)))
    if not correction:
        return mean(squares, axes, keepdims)
    return sum(squares, axes, keepdims) / (made(Count, axes)(x) - correction)


@checked
def std(
    x: Value, axis: Axis = None, correction: float = 0, keepdims: bool = False
) -> Node:
    """Return the standard deviation of x over `axis`: the root of `var`.

    Its derivative where all elements are equal is 0, as in PyTorch.
    """
    variance = var(x, axis, correction, keepdims)
    none = equal(variance, 0.0)
    return where(none, 0.0, sqrt(where(none, 1.0, variance)))


@checked
def any(x: Value, axis: Axis = None, keepdims: bool = False) -> Node:
    """Return whether an element is true, or a number other than 0, over `axis`."""
    return greater(sum(_truth(x), axis, keepdims), 0)


@checked
def all(x: Value, axis: Axis = None, keepdims: bool = False) -> Node:
    """Return whether every element is true, or a number other than 0, over `axis`."""
    return equal(sum(logical_not(_truth(x)), axis, keepdims), 0)


def _truth(x: Value) -> Node:
    x = as_node(x)
    return x if x.dtype == "bool" else not_equal(x, 0)


@checked
def l2_norm(x: Value) -> Node:
    """Return √(Σ x²) over all axes; the derivative at x = 0 is 0, as in PyTorch."""
    total = sum(square(x))
    is_zero = equal(total, 0.0)
    return where(is_zero, 0.0, sqrt(where(is_zero, 1.0, total)))


class Extremum(Reduction):
    """The largest or smallest element; ties share the gradient, as in TensorFlow."""

    def infer(self, x: Node) -> tuple[Shape, Dtype]:
        check_elements(x, self.axes, self.type_name)
        return super().infer(x)

    def vjp(self, g: Node, y: Node, x: Node) -> Gradients:
        chosen = to_float(equal(x, self.expanded(y)))
        ties = Sum(self.axes, keepdims=True)(chosen)
        return (self.expanded(g) / ties * chosen,)


class Max(Extremum):
    """y = max x over some axes."""

    notation = "max({0})"
    latex = r"\max\left({0}\right)"


@checked
def max(x: Value, axis: Axis = None, keepdims: bool = False) -> Node:
    """Return the largest element over `axis` (None: all axes)."""
    return Max.over(x, axis, keepdims)


class Min(Extremum):
    """y = min x over some axes."""

    notation = "min({0})"
    latex = r"\min\left({0}\right)"


@checked
def min(x: Value, axis: Axis = None, keepdims: bool = False) -> Node:
    """Return the smallest element over `axis` (None: all axes)."""
    return Min.over(x, axis, keepdims)


class Argmax(Op):
    """y = the index of the largest element along an axis, or of the first of them."""

    axis: int
    notation = "argmax({0})"
    latex = r"\operatorname{argmax}\left({0}\right)"
    takes = "int"

    def infer(self, x: Node) -> tuple[Shape, Dtype]:
        check_elements(x, (self.axis,), "argmax")
        return without(x.shape, (self.axis,)), "int"

    def vjp(self, g: Node, y: Node, x: Node) -> Gradients:
        return (None,)


@checked
def argmax(x: Value, axis: OneAxis = -1) -> Node:
    """Return the index of the largest element along `axis`."""
    x = as_node(x)
    return made(Argmax, normal_axis(axis, x, "argmax"))(x)
