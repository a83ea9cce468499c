"""A chainrule plugin: the regularizer my_thing."""

from __future__ import annotations

import chainrule as cr
from chainrule.annotations import NonNegative


class MyThing(cr.Regularizer):
    """Add λ Σ ln(1 + w²) to the loss for each weight matrix.

    Args:
        strength: λ.
    """

    strength: NonNegative = 1e-3

    def penalty(self, parameter: cr.Parameter) -> cr.Node:
        return self.strength * cr.ops.sum(cr.ops.log1p(cr.ops.square(parameter)))


@cr.hookimpl
def register_regularizers() -> list[type[cr.Regularizer]]:
    """Register the regularizer."""
    return [MyThing]
