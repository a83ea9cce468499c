"""A chainrule plugin: the Lion optimizer."""

from collections.abc import Sequence
from typing import ClassVar

import chainrule as cr
from chainrule.annotations import Fraction, NonNegative, Positive


class Lion(cr.Optimizer):
    """p ← p − α (sign(β₁ m + (1 − β₁) g) + λ p);  m ← β₂ m + (1 − β₂) g.

    Every weight moves by α, up or down. Chen et al., "Symbolic Discovery of
    Optimization Algorithms", arXiv:2302.06675; defaults are those of tf.keras ``Lion``.

    Args:
        beta_1: β₁, the share of m in the direction of a step.
        beta_2: β₂, the share of m that stays.
        weight_decay: λ.
    """

    slots: ClassVar[tuple[str, ...]] = ("m",)

    lr: Positive = 0.001
    beta_1: Fraction = 0.9
    beta_2: Fraction = 0.99
    weight_decay: NonNegative = 0.0

    def update(
        self, p: cr.Node, g: cr.Node, lr: cr.Node, step: cr.Node, m: cr.Node
    ) -> dict[str, cr.Node]:
        direction = cr.ops.sign(self.beta_1 * m + (1 - self.beta_1) * g)
        new = self.beta_2 * m + (1 - self.beta_2) * g
        return {"p": p - lr * (direction + self.weight_decay * p), "m": new}


@cr.hookimpl
def register_optimizers() -> Sequence[type[cr.Optimizer]]:
    """Return the optimizer of this package."""
    return [Lion]
