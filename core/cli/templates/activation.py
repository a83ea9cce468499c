"""A chainrule plugin: the activation my_thing."""

from __future__ import annotations

import chainrule as cr
from chainrule.annotations import Positive


class MyThing(cr.Activation):
    """y = x + sin²(a x) / a: replace this with your own formula.

    Args:
        a: frequency.
    """

    a: Positive = 1.0

    def apply(self, x: cr.Node) -> cr.Node:
        return x + cr.ops.square(cr.ops.sin(self.a * x)) / self.a


@cr.hookimpl
def register_activations() -> list[type[cr.Activation]]:
    """Register the activation."""
    return [MyThing]
