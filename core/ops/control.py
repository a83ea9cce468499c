"""Control: stop gradients, tell training from inference, update parameters."""

from __future__ import annotations

from chainrule.annotations import Name
from chainrule.arguments import checked
from chainrule.dtypes import Dtype
from chainrule.errors import GraphError, ShapeError
from chainrule.node import Node, Parameter, Value, as_node, describe
from chainrule.ops.base import Derivatives, Elementwise, Gradients, Op
from chainrule.ops.broadcasting import zeros_like
from chainrule.shapes import Shape

__all__ = [
    "AlsoUpdate", "Identity", "StopGradient", "Training",
    "also_update", "identity", "named", "stop_gradient", "training",
]  # fmt: skip


class Identity(Elementwise):
    """y = x."""

    notation = "{0}"
    takes = "bool"

    def derivatives(self, y: Node, x: Node) -> Derivatives:
        return (1,)


identity = Identity()


class StopGradient(Elementwise):
    """y = x, through which no gradient flows."""

    notation = "stop({0})"
    latex = r"\operatorname{stop}\left({0}\right)"
    takes = "bool"

    def derivatives(self, y: Node, x: Node) -> Derivatives:
        return (None,)


stop_gradient = StopGradient()


class Training(Op):
    """y = a while training, b otherwise; a program computes only one of them."""

    notation = "training({0}, {1})"

    def infer(self, a: Node, b: Node) -> tuple[Shape, Dtype]:
        if a.shape != b.shape or a.dtype != b.dtype:
            raise ShapeError(
                f"training: {describe(a)} of {a.dtype} and {describe(b)} of {b.dtype} "
                "must have one shape and dtype"
            )
        return a.shape, a.dtype

    def vjp(self, g: Node, y: Node, a: Node, b: Node) -> Gradients:
        zero = zeros_like(g)
        return training(g, zero), training(zero, g)


training = Training()


class AlsoUpdate(Op):
    """y = x; and each training step assigns a new value to a parameter, the target.

    So a layer can maintain a running average.
    """

    notation = "{0}"

    def infer(self, x: Node, target: Node, new: Node) -> tuple[Shape, Dtype]:
        if not isinstance(target, Parameter):
            raise GraphError(
                f"also_update: target must be a parameter, got {describe(target)}"
            )
        if new.shape != target.shape:
            raise ShapeError(
                f"also_update: {describe(new)} cannot replace {describe(target)}"
            )
        return x.shape, x.dtype

    def vjp(self, g: Node, y: Node, x: Node, target: Node, new: Node) -> Gradients:
        return g, None, None


also_update = AlsoUpdate()


@checked
def named(x: Value, name: Name) -> Node:
    """Return x as a node of its own that has a name."""
    return identity(as_node(x)).named(name)
