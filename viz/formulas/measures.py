"""Numbers with an error: what is printed with four digits is known to half of the last.

A function of such numbers has an error too: how far it moves when they do.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]

DIGITS = 4
"""A number with fewer digits than this has no others."""


@dataclass(frozen=True)
class Measure:
    """An array, and how far each element may be off; None: not at all."""

    value: Array
    error: Array | None = None

    @property
    def key(self) -> tuple[Any, ...]:
        """Equal for equal arrays."""
        return self.value.shape, self.value.tobytes()

    def spread(self, shape: tuple[int, ...]) -> Array:
        """Return how far it may be off: per element, or at most for another shape."""
        if self.error is None:
            return np.asarray(0.0)
        return self.error if self.error.shape == shape else np.max(self.error)


def literal(text: str) -> Measure:
    """Return a printed number: ``0.6931`` is 0.6931 ± 0.00005.

    >>> literal("2").error is None, float(literal("1.200·10⁻⁷").value)
    (True, 1.2e-07)
    """
    if re.match("10[⁻⁰¹²³⁴-⁹]", text):
        text = f"1·{text}"
    mantissa, _, power = text.replace("·10", "e", 1).partition("e")
    exponent = int(power.translate(_RAISED) or "0")
    special = {"∞": np.inf, "NaN": np.nan}
    value = np.asarray(special.get(mantissa) or float(mantissa) * 10.0**exponent)
    digits = mantissa.replace(".", "").lstrip("0")
    if mantissa in special or len(digits) < DIGITS or "." not in mantissa:
        return Measure(value)
    last = exponent - len(mantissa.partition(".")[2])
    return Measure(value, np.asarray(0.5 * 10.0**last))


def apply(function: Callable[..., Any], *operands: Measure) -> Measure:
    """Apply a function, and say how far its result may be off.

    Raises:
        ValueError: the operands' shapes do not fit.
    """
    arrays = [x.value for x in operands]
    value = np.asarray(function(*arrays))
    error: Array | None = None
    for i, operand in enumerate(operands):
        if operand.error is None:
            continue
        moved = [*arrays]
        moved[i] = operand.value + operand.error
        off = np.abs(np.asarray(function(*moved)) - value)
        error = off if error is None else error + off
    return Measure(value, error)


_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
