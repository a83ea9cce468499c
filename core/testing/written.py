"""Check that an expression can be written."""

from __future__ import annotations

import re
from typing import get_args

from chainrule.errors import ConformanceError
from chainrule.node import Node
from chainrule.notation.expressions import expression
from chainrule.notation.styles import Style


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
