"""Numbers as people write them."""

import math

import pytest

from chainrule.notation.numbers import number


@pytest.mark.parametrize(
    ("value", "text", "latex"),
    [
        (2.0, "2", "2"),
        (-1.0, "−1", "-1"),
        (0.5, "0.5", "0.5"),
        (-0.391666, "−0.3917", "-0.3917"),
        (1.25e-7, "1.25·10⁻⁷", r"1.25 \cdot 10^{-7}"),
        (math.nan, "NaN", r"\text{NaN}"),
        (-math.inf, "−∞", r"-\infty"),
        (-0.0, "0", "0"),
    ],
)
def test_numbers(value, text, latex):
    assert number(value) == text
    assert number(value, "latex") == latex
