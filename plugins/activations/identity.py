"""The identity, as an activation."""

from __future__ import annotations

from chainrule.kinds.activation import Activation
from chainrule.node import Node


class Identity(Activation):
    """y = x, called linear in tf.keras; a network of these is one linear map."""

    aliases = ("linear",)

    def apply(self, x: Node) -> Node:
        return x
