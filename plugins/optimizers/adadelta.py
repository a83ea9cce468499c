"""Adadelta: steps in proportion to earlier steps, in the unit of the parameter."""

from __future__ import annotations

from typing import ClassVar

from chainrule.annotations import Fraction, Positive
from chainrule.kinds.optimizer import Optimizer
from chainrule.node import Node
from chainrule.ops import sqrt, square


class Adadelta(Optimizer):
    """s ← ρ s + (1−ρ) g²;  δ = g √(d+ε) / √(s+ε);  d ← ρ d + (1−ρ) δ²;  p ← p − α δ.

    Defaults: tf.keras ``Adadelta``; Zeiler, "ADADELTA", arXiv:1212.5701 (which has
    α = 1).
    """

    slots: ClassVar[tuple[str, ...]] = ("s", "d")
    lr: Positive = 1e-3
    rho: Fraction = 0.95
    epsilon: Positive = 1e-7

    def update(
        self, p: Node, g: Node, lr: Node, step: Node, s: Node, d: Node
    ) -> dict[str, Node]:
        s = self.rho * s + (1 - self.rho) * square(g)
        delta = g * sqrt((d + self.epsilon) / (s + self.epsilon))
        d = self.rho * d + (1 - self.rho) * square(delta)
        return {"p": p - lr * delta, "s": s, "d": d}
