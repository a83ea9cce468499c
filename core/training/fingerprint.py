"""Fingerprints: hashable keys for components."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np

from chainrule.component import Component


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
