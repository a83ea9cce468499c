"""A chainrule plugin: the loss my_thing."""

from __future__ import annotations

import chainrule as cr
from chainrule.annotations import Positive


class MyThing(cr.Loss):
    """J = mean of ln cosh(s (ŷ − y)) / s, over all but the first axis.

    Args:
        sharpness: s; the larger, the nearer to |ŷ − y|.
    """

    sharpness: Positive = 1.0

    def per_example(self, target: cr.Node, prediction: cr.Node) -> cr.Node:
        errors = cr.ops.log_cosh(self.sharpness * (prediction - target))
        axes = tuple(range(1, prediction.ndim))
        return cr.ops.mean(errors, axis=axes) / self.sharpness


@cr.hookimpl
def register_losses() -> list[type[cr.Loss]]:
    """Register the loss."""
    return [MyThing]
