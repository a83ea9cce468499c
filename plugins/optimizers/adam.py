"""Adam: momentum over the root mean square of recent gradients."""

from __future__ import annotations

from typing import ClassVar

from chainrule.annotations import NonNegative
from chainrule.node import Node
from chainrule.ops import square
from chainrule.plugins.optimizers.moments import Moments


class Adam(Moments):
    """m ← β₁ m + g;  v ← β₂ v + g²;  p ← p − αₜ m / (√v + ε′).

    m and v are decayed sums, so the factors 1 − β are in the step size and in ε::

        αₜ = α √(1−β₂ᵗ) / (1−β₁ᵗ) · (1−β₁) / √(1−β₂),   ε′ = ε / √(1−β₂)

    Defaults, and ε outside the bias correction: tf.keras ``Adam``; Kingma, Ba, "Adam",
    arXiv:1412.6980.
    """

    slots: ClassVar[tuple[str, ...]] = ("m", "v")

    def update(
        self, p: Node, g: Node, lr: Node, step: Node, m: Node, v: Node
    ) -> dict[str, Node]:
        m = self.beta_1 * m + g
        v = self.beta_2 * v + square(g)
        return {"p": p - self.adam_step(lr, step, m, v), "m": m, "v": v}


class AdamW(Adam):
    """p ← (1 − α λ) p, then Adam's step: weight decay that Adam does not rescale.

    All parameters decay. Defaults: tf.keras ``AdamW``; Loshchilov, Hutter, "Decoupled
    weight decay regularization", arXiv:1711.05101.
    """

    type_name: ClassVar[str] = "adamw"
    weight_decay: NonNegative = 0.004

    def update(
        self, p: Node, g: Node, lr: Node, step: Node, m: Node, v: Node
    ) -> dict[str, Node]:
        return super().update((1 - lr * self.weight_decay) * p, g, lr, step, m, v)
