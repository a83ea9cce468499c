"""Ops that say how a graph is used: gradients stopped, training told from inference."""

from __future__ import annotations

from chainrule.errors import GraphError, ShapeError
from chainrule.node import Dtype, Node, Parameter, Shape, Value, as_node
from chainrule.ops.base import Elementwise, Op, describe
from chainrule.ops.shaping import zeros_like


class Identity(Elementwise):
    """y = x."""

    notation = "{0}"

    def derivatives(self, y: Node, *inputs: Node) -> tuple[Value | None, ...]:
        return (1,)


class StopGradient(Elementwise):
    """y = x, through which no gradient flows."""

    notation = "stop({0})"
    latex = r"\operatorname{stop}\left({0}\right)"

    def derivatives(self, y: Node, *inputs: Node) -> tuple[Value | None, ...]:
        return (None,)


class Training(Op):
    """y = the first operand while training, the second otherwise.

    The program that is compiled contains only one of them.
    """

    notation = "training({0}, {1})"

    def infer(self, *inputs: Node) -> tuple[Shape, Dtype]:
        a, b = inputs
        if a.shape != b.shape or a.dtype != b.dtype:
            raise ShapeError(
                f"training: {describe(a)} and {describe(b)} must have one shape"
            )
        return a.shape, a.dtype

    def vjp(self, g: Node, y: Node, *inputs: Node) -> tuple[Node | None, ...]:
        zero = zeros_like(g)
        return training(g, zero), training(zero, g)


class AlsoUpdate(Op):
    """y = x; and in a training step the parameter gets the new value.

    Operands: x, the parameter, its new value. This is how a layer keeps a running
    average.
    """

    notation = "{0}"

    def infer(self, *inputs: Node) -> tuple[Shape, Dtype]:
        x, target, new = inputs
        if not isinstance(target, Parameter):
            raise GraphError(f"also_update: {describe(target)} is not a parameter")
        if new.shape != target.shape:
            raise ShapeError(
                f"also_update: {describe(new)} cannot replace {describe(target)}"
            )
        return x.shape, x.dtype

    def vjp(self, g: Node, y: Node, *inputs: Node) -> tuple[Node | None, ...]:
        return g, None, None


identity, stop_gradient = Identity(), StopGradient()
training, also_update = Training(), AlsoUpdate()


def named(x: Value, name: str) -> Node:
    """Return x as a node of its own with a name."""
    return identity(as_node(x)).named(name)
