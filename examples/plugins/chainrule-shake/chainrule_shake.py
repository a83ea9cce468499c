"""A chainrule plugin: dropout by multiplication with normal numbers."""

import math
from collections.abc import Sequence

import chainrule as cr
from chainrule.annotations import Fraction


class GaussianDropout(cr.Regularizer):
    """h · (1 + √(rate / (1 − rate)) ε) on hidden layers in training, ε ~ N(0, 1).

    The same mean and variance as those of dropout; nothing is ever 0. Srivastava et
    al., "Dropout", 2014, section 10; tf.keras ``GaussianDropout``.

    Args:
        rate: the share of elements that dropout would drop.
    """

    rate: Fraction = 0.5

    def transform(self, x: cr.Node, stream: str) -> cr.Node:
        deviation = math.sqrt(self.rate / (1 - self.rate))
        return x * (1 + deviation * cr.ops.normal(x, stream))


@cr.hookimpl
def register_regularizers() -> Sequence[type[cr.Regularizer]]:
    """Return the regularizer of this package."""
    return [GaussianDropout]
