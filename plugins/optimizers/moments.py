"""The base of Adam and its relatives."""

from __future__ import annotations

from chainrule.annotations import Fraction, Positive
from chainrule.kinds.optimizer import Optimizer


class Moments(Optimizer):
    """Base of optimizers that decay the first and second moment of the gradient.

    The moments are decayed sums, m ← β m + g, where others use averages: the
    factors 1 − β are the same for all elements, so they go into the step size and ε.
    """

    lr: Positive = 1e-3
    beta_1: Fraction = 0.9
    beta_2: Fraction = 0.999
    epsilon: Positive = 1e-7
