"""The text of a derivative: the lines of a backward edge, and ``∂J/∂w = 0.5``."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.notation.styles import Written
from chainrule.viz.scene import Line, Role
from chainrule.viz.text import Plain, Row, row


def derivative_lines(
    symbol: Written,
    rule: Written | None,
    value: str,
    role: Role,
    notes: Sequence[Line] = (),
) -> list[Line]:
    """Return what a backward edge says.

    Args:
        symbol: of the derivative, ∂ŷ/∂z.
        rule: the expression that is computed; None where its number says it all.
        value: its number or its norm; empty without values. It is left out where the
            rule reads the same.
        role: where the edge lies; it has that colour.
        notes: what stands between the rule and the value, such as a shape.
    """
    lines = [Line(symbol, "symbol", role)]
    if rule is not None:
        lines.append(Line(row("= ", rule), "formula", role))
    lines += notes
    if value and (rule is None or rule.unicode() != value):
        text = value if value.startswith("‖") else f"= {value}"
        lines.append(Line(Plain(text), "value", role))
    return lines


def measured(symbol: Written, value: str) -> Row:
    """Write a symbol with its number, or with its norm: ``‖∂J/∂W‖ = 0.51``."""
    if value.startswith("‖"):
        return row("‖", symbol, value.removeprefix("‖·"))
    return row(symbol, " = ", Plain(value))
