"""Plain gradient descent, on all examples or on batches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from chainrule.annotations import Positive
from chainrule.kinds.optimizer import Optimizer
from chainrule.node import Node


class SGD(Optimizer):
    """Stochastic gradient descent: p ← p − α g, g from one batch.

    The default is that of tf.keras ``SGD``.
    """

    foreign_options: ClassVar[Mapping[str, str]] = {
        "momentum": "cr.optimizers.Momentum(momentum=…)",
        "nesterov": "cr.optimizers.Nesterov(momentum=…)",
    }
    lr: Positive = 0.01

    def update(self, p: Node, g: Node, lr: Node, step: Node) -> dict[str, Node]:
        return {"p": p - lr * g}


class GradientDescent(SGD):
    """Gradient descent on the whole training set: p ← p − α ∂J/∂p.

    `fit` takes all examples as one batch, so an epoch is one step. The default is that
    of `SGD`.
    """

    full_batch: ClassVar[bool] = True
