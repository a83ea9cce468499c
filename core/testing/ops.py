"""Check an op: shape, dtype, derivatives, open batch, expansion, notation."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeAlias, get_args

import numpy as np

from chainrule.errors import ConformanceError
from chainrule.node import Node, Parameter
from chainrule.notation.expressions import expression
from chainrule.notation.styles import Style
from chainrule.ops import Op, StopGradient
from chainrule.testing.derivatives import check_derivatives
from chainrule.testing.functions import Function, leaves_for
from chainrule.testing.properties import check_equal, check_open_batch, check_result
from chainrule.testing.samples import sample
from chainrule.testing.values import Array

Operand: TypeAlias = Array | Parameter


def check_op(
    op: Op | type[Op], operands: Sequence[Operand] | None = None, *, seed: int = 0
) -> None:
    """Check an op: shape, dtype, derivatives, open batch, expansion, notation.

    Args:
        op: the op; or its class, to check a sample of it.
        operands: what to apply it to; None for those of a sample.
        seed: the seed of the sample and of random directions.

    Raises:
        ConformanceError: the op breaks its contract; says how.
    """
    if isinstance(op, type):
        op, operands = sample(op, (2, 3), np.random.default_rng(seed))
    elif operands is None:
        operands = sample(type(op), (2, 3), np.random.default_rng(seed))[1]
    values = [x for x in operands if not isinstance(x, Parameter)]
    function = applied(op, operands)
    check_result(function, values)
    check_open_batch(function, values)
    if not isinstance(op, StopGradient):
        check_derivatives(function, values, seed=seed)
    check_notation(function(*leaves_for(values)))
    if op.expands():
        check_equal(function, applied(op.expand, operands), values, "expand()")


def applied(op: Callable[..., Node], operands: Sequence[Operand]) -> Function:
    """Return a function of those operands that are not parameters."""

    def function(*leaves: Node) -> Node:
        rest = iter(leaves)
        return op(*(x if isinstance(x, Parameter) else next(rest) for x in operands))

    return function


def check_notation(node: Node) -> None:
    """Check that an expression can be written in every style.

    Raises:
        ConformanceError: nothing is written, a slot is left, or braces do not match.
    """
    for style in get_args(Style):
        text = expression(node, style)
        slots = style != "latex" and re.search(r"\{\d*\}", text)
        if not text or slots or text.count("{") != text.count("}"):
            raise ConformanceError(
                f"in {style} it is written {text!r}: notation and latex must have "
                "{0}, {1} … for the operands, and matching braces"
            )
