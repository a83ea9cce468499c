"""A cache of bounded size, and hashable keys for components."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

import numpy as np

from chainrule.component import Component

Value = TypeVar("Value")


class Cache(Generic[Value]):
    """At most `limit` values by key; the least recently used one is dropped first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._values: OrderedDict[Hashable, Value] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """Return the value of a key; call `make` if there is none yet."""
        if key not in self._values:
            self._values[key] = make()
            if len(self._values) > self._limit:
                self._values.popitem(last=False)
        self._values.move_to_end(key)
        return self._values[key]

    def clear(self) -> None:
        """Drop all values."""
        self._values.clear()


def fingerprint(value: Any, *, without: str = "") -> Hashable:
    """Return a key that is equal for components of equal class and hyperparameters.

    `without` names a hyperparameter to leave out. A function equals only itself.
    """
    if isinstance(value, Component):
        fields = value.hyperparameters()
        return (
            type(value),
            *((k, fingerprint(v)) for k, v in fields.items() if k != without),
        )
    if isinstance(value, (list, tuple)):
        return tuple(fingerprint(item) for item in value)
    if isinstance(value, np.ndarray):
        return value.shape, value.dtype.str, value.tobytes()
    return value if isinstance(value, Hashable) else id(value)
