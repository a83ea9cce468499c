"""The activation that changes nothing."""

from __future__ import annotations

from chainrule.kinds.activation import Activation
from chainrule.node import Node


class Identity(Activation):
    """y = x; a deep network of these is one linear map. tf.keras calls it linear."""

    aliases = ("linear",)

    def apply(self, x: Node) -> Node:
        return x
