"""Algebra: what is equal and cheaper, and one normal form for the other rules to see.

Numbers are gathered (``(x · 2) · 3`` → ``x · 6``), signs pulled out, broadcasting left
to the ops that do it anyway, transposes put into matmul.
"""

from chainrule.program.passes.algebra.arithmetic import ARITHMETIC
from chainrule.program.passes.algebra.constants import CONSTANTS
from chainrule.program.passes.algebra.passing import PASSING
from chainrule.program.passes.algebra.shapes import SHAPES
from chainrule.program.passes.algebra.sums import SUMS

__all__ = ["ARITHMETIC", "CONSTANTS", "PASSING", "SHAPES", "SUMS"]
