"""Values as they are printed, and whether they are those of an array."""

from __future__ import annotations

import re

import numpy as np

from chainrule.viz.formulas.measures import Array, Measure, literal

_NUMBER = r"[−-]?(?:10[⁻⁰¹²³⁴-⁹]+|\d+\.?\d*(?:·10[⁻⁰¹²³⁴-⁹]+)?|∞|NaN)"
_RANGE = re.compile(rf"({_NUMBER}) … ({_NUMBER})")
_WRONG = re.compile(r"⚠ (\d+) of (\d+) not finite")

FOUR, THREE = 6e-4, 6e-3
"""How far a number printed with so many digits may be off, as a part of it."""


def is_value(text: str) -> bool:
    """Whether a text is a value: numbers, and no formula."""
    return bool(
        re.fullmatch(rf"{_NUMBER}|\[+{_NUMBER}(?:[\], [−-]+{_NUMBER})*\]+", text)
        or _RANGE.fullmatch(text)
        or _WRONG.fullmatch(text)
        or text.startswith("‖·‖ = ")
    )


def is_summary(text: str) -> bool:
    """Whether a value says less than all its numbers: a norm, a range, a complaint."""
    return text.startswith("‖·‖ = ") or "…" in text or "⚠" in text


def printed(text: str) -> Measure:
    """Return the numbers of a value, each known as far as its digits go."""
    numbers = re.findall(_NUMBER, text)
    values = np.array([number_of(number) for number in numbers])
    error = (FOUR if len(numbers) == 1 else THREE) * np.abs(values)
    if not text.startswith("["):
        values, error = values.reshape(()), error.reshape(())
    return Measure(values, error)


def is_printed(text: str, array: Array, slack: Array | float = 0.0) -> bool:
    """Whether a text is what an array may be printed as, each entry off by slack.

    >>> is_printed("−3 … 2", np.array([[2.0, 0.5], [1.0, -3.0]]))
    True
    """
    array, off = np.asarray(array, dtype=float), float(np.max(slack))
    if text.startswith("‖·‖ = "):
        norm = np.sqrt(np.sum(np.square(array)))
        return _near(text.removeprefix("‖·‖ = "), norm, FOUR, off * array.size**0.5)
    if found := _RANGE.fullmatch(text):
        ends = np.min(array), np.max(array)
        return all(_near(found[i + 1], ends[i], THREE, off) for i in (0, 1))
    if found := _WRONG.fullmatch(text):
        wrong = int(np.sum(~np.isfinite(array)))
        return (wrong, array.size) == (int(found[1]), int(found[2]))
    numbers = re.findall(_NUMBER, text)
    if len(numbers) != array.size:
        return False
    digits = FOUR if array.size == 1 else THREE
    return all(
        _near(number, value, digits, off)
        for number, value in zip(numbers, array.reshape(-1), strict=True)
    )


def number_of(text: str) -> float:
    """Return the number that a text is."""
    size = float(literal(text.lstrip("−-")).value)
    return -size if text[:1] in "−-" else size


def _near(text: str, value: float, part: float, off: float) -> bool:
    printed = number_of(text)
    if np.isnan(value) or np.isinf(value):
        return str(printed) == str(float(value))
    return abs(printed - value) <= part * abs(value) + off + 1e-12
