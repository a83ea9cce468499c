"""Numbers as people write them."""

from __future__ import annotations

import math

from chainrule.notation.characters import superscript
from chainrule.notation.styles import Style, minus


def number(value: float, style: Style = "unicode", digits: int = 4) -> str:
    """Write a number with a proper minus sign and power of ten.

    >>> number(-0.39166), number(2.0), number(1.2e-7)
    ('−0.3917', '2', '1.2·10⁻⁷')
    """
    if math.isnan(value):
        return r"\text{NaN}" if style == "latex" else "NaN"
    sign = minus(style) if math.copysign(1, value) < 0 and value != 0 else ""
    size = abs(value)
    if math.isinf(size):
        return sign + (r"\infty" if style == "latex" else "∞")
    if size == int(size) and size < 10**6:
        return f"{sign}{int(size)}"
    text = f"{size:.{digits}g}"
    if "e" not in text:
        return sign + text
    mantissa, exponent = text.split("e")
    power = str(int(exponent))
    times = r" \cdot " if style == "latex" else "·"
    ten = f"10^{{{power}}}" if style == "latex" else f"10{superscript(power)}"
    return sign + (ten if mantissa == "1" else mantissa + times + ten)
