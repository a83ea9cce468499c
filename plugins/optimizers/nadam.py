"""Nadam: Adam that looks ahead as Nesterov's momentum does."""

from __future__ import annotations

from typing import ClassVar

from chainrule.node import Node
from chainrule.ops import sqrt, square
from chainrule.plugins.optimizers.moments import Moments


class Nadam(Moments):
    """m ← β₁ m + g;  v ← β₂ v + g²;  p ← p − (a m + b g) / (√v + ε / r).

    The momentum is warmed up, μₜ = β₁ (1 − 0.96ᵗ/2), with the product Πₜ = μ₁ … μₜ::

        a = α/r μₜ₊₁ (1−β₁) / (1−Πₜ₊₁),   b = α/r (1−μₜ) / (1−Πₜ)
        r = √((1−β₂)/(1−β₂ᵗ))

    m and v are decayed sums, as in `Adam`. Defaults: tf.keras ``Nadam``; Dozat,
    "Incorporating Nesterov momentum into Adam", 2016.
    """

    slots: ClassVar[tuple[str, ...]] = ("m", "v")
    scalar_slots: ClassVar[tuple[str, ...]] = ("product",)

    def update(
        self, p: Node, g: Node, lr: Node, step: Node, m: Node, v: Node, product: Node
    ) -> dict[str, Node]:
        m = self.beta_1 * m + g
        v = self.beta_2 * v + square(g)
        mu, mu_next = self._momentum(step), self._momentum(step + 1)
        product = product * mu
        root = sqrt((1 - self.beta_2) / (1 - self.beta_2**step))
        ahead = lr / root * mu_next * (1 - self.beta_1) / (1 - product * mu_next)
        now = lr / root * (1 - mu) / (1 - product)
        moved = (ahead * m + now * g) / (sqrt(v) + self.epsilon / root)
        return {"p": p - moved, "m": m, "v": v, "product": product}

    def slot_start(self, slot: str) -> float:
        return 1.0 if slot == "product" else 0.0

    def _momentum(self, step: Node) -> Node:
        return self.beta_1 * (1 - 0.5 * 0.96**step)
