"""RMSprop: the gradient over its recent root mean square."""

from __future__ import annotations

from typing import ClassVar

from chainrule.annotations import Fraction, Positive
from chainrule.kinds.optimizer import Optimizer
from chainrule.node import Node
from chainrule.ops import sqrt, square


class RMSprop(Optimizer):
    """s ← ρ s + (1−ρ) g²;  p ← p − α g / √(s + ε).

    Defaults: tf.keras ``RMSprop``; Hinton, "Neural Networks for Machine Learning",
    lecture 6e, 2012.
    """

    type_name: ClassVar[str] = "rmsprop"
    slots: ClassVar[tuple[str, ...]] = ("s",)
    lr: Positive = 1e-3
    rho: Fraction = 0.9
    epsilon: Positive = 1e-7

    def update(
        self, p: Node, g: Node, lr: Node, step: Node, s: Node
    ) -> dict[str, Node]:
        s = self.rho * s + (1 - self.rho) * square(g)
        return {"p": p - lr * (g / sqrt(s + self.epsilon)), "s": s}
