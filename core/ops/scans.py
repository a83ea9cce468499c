"""Running sums along an axis, and whatever else runs along one."""

from __future__ import annotations

from collections.abc import Callable

from chainrule.arguments import checked
from chainrule.dtypes import Dtype
from chainrule.errors import ShapeError
from chainrule.node import Node, Value, as_node, describe
from chainrule.ops.arithmetic import add
from chainrule.ops.axes import normal_axis
from chainrule.ops.base import Gradients, Op, made
from chainrule.ops.slicing import Concatenate, slice_
from chainrule.shapes import OneAxis, Shape

__all__ = ["Cumsum", "cumsum"]


class Cumsum(Op):
    """yᵢ = x₀ + x₁ + … + xᵢ along an axis; reversed, yᵢ = xᵢ + … + xₙ₋₁."""

    axis: int
    reverse: bool = False
    takes = "int"

    def written(self, node: Node) -> tuple[str, str]:
        name = "reverse_cumsum" if self.reverse else "cumsum"
        latex = name.replace("_", r"\,")
        return f"{name}({{0}})", rf"\operatorname{{{latex}}}\left({{0}}\right)"

    def infer(self, x: Node) -> tuple[Shape, Dtype]:
        return x.shape, x.dtype

    def vjp(self, g: Node, y: Node, x: Node) -> Gradients:
        return (made(Cumsum, self.axis, not self.reverse)(g),)

    def expand(self, x: Node) -> Node:
        return scan(add, x, self.axis, reverse=self.reverse)


@checked
def cumsum(x: Value, axis: OneAxis = -1, reverse: bool = False) -> Node:
    """Return the running sum of x along `axis`, or from its end if `reverse`."""
    x = as_node(x)
    return made(Cumsum, normal_axis(axis, x, "cumsum"), reverse)(x)


def scan(
    combine: Callable[[Node, Node], Node], x: Node, axis: int, *, reverse: bool = False
) -> Node:
    """Return x₀, x₀ ∘ x₁, x₀ ∘ x₁ ∘ x₂ … along an axis, for an associative ∘.

    It takes ⌈log₂ n⌉ steps, after each of which an element combines twice as many
    (Hillis & Steele, 1986).

    Raises:
        ShapeError: the axis is open.
    """
    size, step = closed(x, axis), 1
    while step < size:
        first, later = part(x, axis, 0, size - step), part(x, axis, step, size)
        both = combine(first, later)
        alone = part(x, axis, size - step, size) if reverse else part(x, axis, 0, step)
        x = Concatenate(axis)(*((both, alone) if reverse else (alone, both)))
        step *= 2
    return x


def part(x: Node, axis: int, begin: int, end: int) -> Node:
    """Return x[…, begin:end, …], cut along one axis."""
    return slice_(x, (*[slice(None)] * axis, slice(begin, end)))


def closed(x: Node, axis: int) -> int:
    """Return the size of an axis.

    Raises:
        ShapeError: it is open until the program runs.
    """
    size = x.shape[axis]
    if size is None:
        raise ShapeError(f"axis {axis} of {describe(x)} must not be open")
    return size
