"""An activation as a layer."""

from __future__ import annotations

from typing import Annotated, Any

from chainrule.annotations import OfKind
from chainrule.kinds.layer import Layer
from chainrule.node import Node


class Activation(Layer):
    """y = g(x), for x of any shape.

    Args:
        activation: g, a name or an object.
    """

    activation: Annotated[Any, OfKind("activations")]

    def apply(self, x: Node) -> Node:
        y: Node = self.activation(x)
        return y
