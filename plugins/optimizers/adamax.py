"""Adamax: Adam with the largest recent gradient in place of the root mean square."""

from __future__ import annotations

from typing import ClassVar

from chainrule.node import Node
from chainrule.ops import abs, maximum
from chainrule.plugins.optimizers.moments import Moments


class Adamax(Moments):
    """m ← β₁ m + g;  u ← max(β₂ u, |g|);  p ← p − α (1−β₁)/(1−β₁ᵗ) m / (u + ε).

    m is a decayed sum, as in `Adam`. Defaults: tf.keras ``Adamax``; Kingma, Ba, "Adam",
    arXiv:1412.6980, section 7.1.
    """

    slots: ClassVar[tuple[str, ...]] = ("m", "u")

    def update(
        self, p: Node, g: Node, lr: Node, step: Node, m: Node, u: Node
    ) -> dict[str, Node]:
        m = self.beta_1 * m + g
        u = maximum(self.beta_2 * u, abs(g))
        size = lr * ((1 - self.beta_1) / (1 - self.beta_1**step))
        return {"p": p - size * (m / (u + self.epsilon)), "m": m, "u": u}
