"""Gradient descent with momentum: each update continues the last one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from chainrule.annotations import Fraction, Positive
from chainrule.kinds.optimizer import Optimizer
from chainrule.node import Node


class Momentum(Optimizer):
    """m ← μ m − α g;  p ← p + m.

    As in tf.keras ``SGD(momentum=μ)``; μ = 0.9 is customary (Sutskever et al., "On the
    importance of initialization and momentum in deep learning", 2013).
    """

    slots: ClassVar[tuple[str, ...]] = ("m",)
    foreign_options: ClassVar[Mapping[str, str]] = {
        "nesterov": "cr.optimizers.Nesterov(momentum=…)"
    }
    lr: Positive = 0.01
    momentum: Fraction = 0.9

    def update(
        self, p: Node, g: Node, lr: Node, step: Node, m: Node
    ) -> dict[str, Node]:
        m = self.momentum * m - lr * g
        return {"p": p + m, "m": m}


class Nesterov(Momentum):
    """m ← μ m − α g;  p ← p + μ m − α g: the momentum as it will be after the step.

    As in tf.keras ``SGD(momentum=μ, nesterov=True)``.
    """

    def update(
        self, p: Node, g: Node, lr: Node, step: Node, m: Node
    ) -> dict[str, Node]:
        descent = lr * g
        m = self.momentum * m - descent
        return {"p": p + (self.momentum * m - descent), "m": m}
