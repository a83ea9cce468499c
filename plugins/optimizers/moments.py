"""What Adam and its relatives have in common."""

from __future__ import annotations

from chainrule.annotations import Fraction, Positive
from chainrule.kinds.optimizer import Optimizer


class Moments(Optimizer):
    """Base of optimizers that decay the first and second moment of the gradient.

    The moments are kept as decayed sums, m ← β m + g, where others keep averages: the
    factors 1 − β are the same for all elements, so they go into the step size and ε.
    """

    lr: Positive = 1e-3
    beta_1: Fraction = 0.9
    beta_2: Fraction = 0.999
    epsilon: Positive = 1e-7
