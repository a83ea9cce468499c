"""The text of a derivative: the lines of a backward edge, and ``∂J/∂w = 0.5``."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.notation.styles import Written
from chainrule.viz.readings import Reading
from chainrule.viz.scene import Line, Role
from chainrule.viz.text import Row, row


def derivative_lines(
    symbol: Written,
    rule: Written | None,
    value: Written | None,
    role: Role,
    notes: Sequence[Line] = (),
) -> list[Line]:
    """Return what a backward edge says.

    Args:
        symbol: of the derivative, ∂ŷ/∂z.
        rule: the expression that is computed; None where its number says it all.
        value: its number or its norm; None without values. It is left out where the
            rule reads the same.
        role: where the edge lies; it has that colour.
        notes: what stands between the rule and the value, such as a shape.
    """
    lines = [Line(symbol, "symbol", role)]
    if rule is not None:
        lines.append(Line(row("= ", rule), "formula", role))
    lines += notes
    if value is not None and (rule is None or rule.unicode() != value.unicode()):
        text = row("‖·‖ = " if _is_norm(value) else "= ", value)
        lines.append(Line(text, "value", role))
    return lines


def measured(symbol: Written, value: Written) -> Row:
    """Write a symbol with its number, or with its norm: ``‖∂J/∂W‖ = 0.51``."""
    if _is_norm(value):
        return row("‖", symbol, "‖ = ", value)
    return row(symbol, " = ", value)


def _is_norm(value: Written) -> bool:
    return isinstance(value, Reading) and value.form == "norm"
