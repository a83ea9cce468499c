"""Adagrad: a rate for each parameter, which falls with every gradient."""

from __future__ import annotations

from typing import ClassVar

from chainrule.annotations import NonNegative, Positive
from chainrule.kinds.optimizer import Optimizer
from chainrule.node import Node
from chainrule.ops import sqrt, square


class Adagrad(Optimizer):
    """s ← s + g²;  p ← p − α g / √(s + ε).

    Defaults: tf.keras ``Adagrad``; Duchi, Hazan, Singer, "Adaptive subgradient
    methods", 2011.
    """

    slots: ClassVar[tuple[str, ...]] = ("s",)
    lr: Positive = 1e-3
    initial_accumulator: NonNegative = 0.1
    epsilon: Positive = 1e-7

    def update(
        self, p: Node, g: Node, lr: Node, step: Node, s: Node
    ) -> dict[str, Node]:
        s = s + square(g)
        return {"p": p - lr * (g / sqrt(s + self.epsilon)), "s": s}

    def slot_start(self, slot: str) -> float:
        return self.initial_accumulator
