"""Stable forms: what overflows as written is computed in a form that does not.

So a user who writes ``-sum(t * log(exp(z) / sum(exp(z))))`` gets the loss through
log_softmax and, as derivatives are those of the stable form (`derivatives`), the
gradient softmax(z) − t.
"""

from chainrule.ops import Exp, Expm1, Op, Sigmoid, Softmax
from chainrule.program.passes.stable.cancelling import CANCELLING
from chainrule.program.passes.stable.logarithms import LOGARITHMS
from chainrule.program.passes.stable.quotients import QUOTIENTS, SLOPES
from chainrule.program.passes.stable.softmax import SOFTMAX

EXPONENTIAL: frozenset[type[Op]] = frozenset({Exp, Expm1, Sigmoid, Softmax})
"""The ops one of which stands in every stable form as it is written."""
STABLE = (*LOGARITHMS, *SOFTMAX, *QUOTIENTS)

__all__ = ["CANCELLING", "EXPONENTIAL", "SLOPES", "STABLE"]
