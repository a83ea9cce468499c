"""Stable forms: what overflows as written is computed in a form that does not.

So a user who writes ``-sum(t * log(exp(z) / sum(exp(z))))`` gets the loss through
log_softmax and, as derivatives are those of the stable form (`derivatives`), the
gradient softmax(z) − t.
"""

from chainrule.program.passes.stable.logarithms import LOGARITHMS
from chainrule.program.passes.stable.quotients import QUOTIENTS, SLOPES
from chainrule.program.passes.stable.softmax import SOFTMAX

STABLE = (*LOGARITHMS, *SOFTMAX, *QUOTIENTS)

__all__ = ["SLOPES", "STABLE"]
