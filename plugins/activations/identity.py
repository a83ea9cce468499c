"""The activation that changes nothing."""

from __future__ import annotations

from chainrule.graph import Node
from chainrule.kinds.activation import Activation


class Identity(Activation):
    """y = x; a deep network of these is one linear map. tf.keras calls it linear."""

    aliases = ("linear",)

    def apply(self, x: Node) -> Node:
        return x
