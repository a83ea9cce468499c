"""A chainrule plugin: the snake activation, for periodic functions."""

import chainrule as cr
from chainrule.annotations import Positive


class Snake(cr.Activation):
    """y = x + sin²(a x) / a (Ziyin, Hartwig, Ueda, arXiv:2006.08195).

    Args:
        a: frequency; 1 as in the paper.
    """

    a: Positive = 1.0

    def apply(self, x):
        return x + cr.ops.square(cr.ops.sin(self.a * x)) / self.a


@cr.hookimpl
def register_activations():
    return [Snake]
