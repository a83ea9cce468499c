"""The base of Adam and its relatives."""

from __future__ import annotations

import math

from chainrule.annotations import Fraction, Positive
from chainrule.kinds.optimizer import Optimizer
from chainrule.node import Node
from chainrule.ops import sqrt


class Moments(Optimizer):
    """Base of optimizers that decay the first and second moment of the gradient.

    The moments are decayed sums, m ← β m + g, where others use averages: the
    factors 1 − β are the same for all elements, so they go into the step size and ε.
    """

    lr: Positive = 1e-3
    beta_1: Fraction = 0.9
    beta_2: Fraction = 0.999
    epsilon: Positive = 1e-7

    def adam_step(self, lr: Node, step: Node, m: Node, v: Node) -> Node:
        """Return αₜ m / (√v + ε′), the step of `Adam`, which is subtracted."""
        root = math.sqrt(1 - self.beta_2)
        size = lr * sqrt(1 - self.beta_2**step) * ((1 - self.beta_1) / root)
        size = size / (1 - self.beta_1**step)
        return size * (m / (sqrt(v) + self.epsilon / root))
