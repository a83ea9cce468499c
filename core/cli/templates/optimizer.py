"""A chainrule plugin: the optimizer my_thing."""

from __future__ import annotations

from typing import ClassVar

import chainrule as cr
from chainrule.annotations import Fraction, Positive


class MyThing(cr.Optimizer):
    """m ← β m + (1 − β) g;  p ← p − α sign(m).

    Args:
        lr: the learning rate α.
        beta: how much of m is kept in each step.
    """

    slots: ClassVar[tuple[str, ...]] = ("m",)
    lr: Positive = 1e-3
    beta: Fraction = 0.9

    def update(
        self, p: cr.Node, g: cr.Node, lr: cr.Node, step: cr.Node, m: cr.Node
    ) -> dict[str, cr.Node]:
        m = self.beta * m + (1 - self.beta) * g
        return {"p": p - lr * cr.ops.sign(m), "m": m}


@cr.hookimpl
def register_optimizers() -> list[type[cr.Optimizer]]:
    """Register the optimizer."""
    return [MyThing]
