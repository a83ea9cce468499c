"""Caches that are bounded in number and in bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, Protocol, TypeVar

PROGRAMS = 32
"""How many compiled programs a cache holds at most."""
PROGRAM_BYTES = 256 << 20
"""How many bytes they have together at most, with their buffers."""


class Weighed(Protocol):
    """Something that knows how many bytes are released with it."""

    @property
    def nbytes(self) -> int:
        """The bytes."""


Value = TypeVar("Value", bound=Weighed)


class Cache(Generic[Value]):
    """Values by key; the least recently used ones are dropped first.

    Args:
        limit: how many values there are at most.
        nbytes: how many bytes they have together at most.
        stay: how many of those used last stay, however large they are.

    Attributes:
        nbytes: how many bytes they have, as they were when they were made.
    """

    def __init__(self, *, limit: int, nbytes: int, stay: int = 1) -> None:
        self.nbytes = 0
        self._limit = limit
        self._most = nbytes
        self._stay = stay
        self._values: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """Return the value of a key; call `make` if there is none yet."""
        if key not in self._values:
            value = make()
            self._values[key] = value, value.nbytes
            self.nbytes += value.nbytes
            while self._is_full():
                _, (_, nbytes) = self._values.popitem(last=False)
                self.nbytes -= nbytes
        self._values.move_to_end(key)
        return self._values[key][0]

    def clear(self) -> None:
        """Drop all values."""
        self._values.clear()
        self.nbytes = 0

    def drop(self, unwanted: Callable[[Any], bool]) -> None:
        """Drop the values of some keys."""
        for key in [key for key in self._values if unwanted(key)]:
            self.nbytes -= self._values.pop(key)[1]

    def _is_full(self) -> bool:
        count = len(self._values)
        return count > self._limit or (self.nbytes > self._most and count > self._stay)
