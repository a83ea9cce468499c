"""Adamax: Adam with the largest recent gradient in place of the root mean square."""

from __future__ import annotations

from typing import ClassVar

from chainrule.annotations import Fraction, Positive
from chainrule.kinds.optimizer import Optimizer
from chainrule.node import Node
from chainrule.ops import abs, maximum


class Adamax(Optimizer):
    """m ← β₁ m + g;  u ← max(β₂ u, |g|);  p ← p − α (1−β₁)/(1−β₁ᵗ) m / (u + ε).

    The momentum is a decayed sum, as in Adam here. Defaults: tf.keras ``Adamax``;
    Kingma, Ba, "Adam", arXiv:1412.6980, section 7.1.
    """

    slots: ClassVar[tuple[str, ...]] = ("m", "u")
    lr: Positive = 1e-3
    beta_1: Fraction = 0.9
    beta_2: Fraction = 0.999
    epsilon: Positive = 1e-7

    def update(
        self, p: Node, g: Node, lr: Node, step: Node, m: Node, u: Node
    ) -> dict[str, Node]:
        m = self.beta_1 * m + g
        u = maximum(self.beta_2 * u, abs(g))
        size = lr * ((1 - self.beta_1) / (1 - self.beta_1**step))
        return {"p": p - size * m / (u + self.epsilon), "m": m, "u": u}
