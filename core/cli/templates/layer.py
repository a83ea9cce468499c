"""A chainrule plugin: the layer my_thing."""

from __future__ import annotations

import chainrule as cr


class MyThing(cr.Layer):
    """y = s x, one s for each feature; x: (batch, features)."""

    def apply(self, x: cr.Node) -> cr.Node:
        ones = cr.initializers.Ones()
        return self.parameter("scale", x.shape[-1:], ones) * x


@cr.hookimpl
def register_layers() -> list[type[cr.Layer]]:
    """Register the layer."""
    return [MyThing]
