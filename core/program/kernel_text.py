"""Kernels written as text: whether one has a place for each operand of its op."""

from __future__ import annotations

import re
from collections.abc import Sequence
from string import Formatter

from chainrule.errors import PluginError
from chainrule.ops import Op


def check_text(op: type[Op], text: str, *, also: Sequence[str] = ()) -> str:
    """Check the slots of a kernel; return its text with names in them.

    Args:
        op: the op that it computes.
        text: the kernel, with ``{0}``, ``{1}`` … for the operands.
        also: the names of further slots, which it must have.

    Raises:
        PluginError: a slot is missing, is unknown, or braces do not match.
    """
    try:
        found = {
            field for _, field, _, _ in Formatter().parse(text) if field is not None
        }
    except ValueError as error:
        raise PluginError(f"{text!r}: {error}") from error
    operands = op.operands
    known = found if operands is None else {str(i) for i in range(len(operands))}
    wanted = [*sorted(known - set(also)), *also]
    if found != set(wanted):
        slots = ", ".join(f"{{{slot}}}" for slot in wanted)
        raise PluginError(
            f"must have the slots {slots}, one for each operand"
            f"{' and one for the result' if also else ''}, got {text!r}"
        )
    names = {slot: f"x{slot}" for slot in wanted}
    return re.sub(r"\{(\w+)\}", lambda slot: names[slot[1]], text)
