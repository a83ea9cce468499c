"""Speed: the best that a device can do, measured on request."""

from __future__ import annotations

import math
from collections.abc import Callable

SMALLEST, LARGEST = 1 << 12, 1 << 26
"""Bytes moved by the smallest and the largest copy that is measured."""


class Speed:
    """The best rates of a device.

    Args:
        copy: bytes → bytes per second of a copy that reads and writes so many in all.
        multiply: ``"float32"`` or ``"float64"`` → operations per second.
    """

    def __init__(
        self, copy: Callable[[int], float], multiply: Callable[[str], float]
    ) -> None:
        self._copy, self._multiply = copy, multiply
        self._copied: dict[int, float] = {}
        self._multiplied: dict[str, float] = {}

    def bandwidth(self, nbytes: float) -> float:
        """Return the bytes per second of a copy of about this size.

        Sizes are told apart by powers of four: what lies in a cache is compared with a
        copy that lies in that cache.
        """
        size = 4 ** round(math.log(max(nbytes, 1), 4))
        size = min(max(size, SMALLEST), LARGEST)
        if size not in self._copied:
            self._copied[size] = self._copy(size)
        return self._copied[size]

    def peak(self, dtype: str) -> float:
        """Return the arithmetic operations per second at best."""
        if dtype not in self._multiplied:
            self._multiplied[dtype] = self._multiply(dtype)
        return self._multiplied[dtype]
