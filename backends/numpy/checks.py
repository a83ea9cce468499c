"""Checks: functions that generated code calls to refuse the values it was given."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.errors import DivergenceError
from chainrule.node import Node, describe


def check_finite(value: Any, node: Node) -> None:
    """Refuse a value that is not finite.

    Raises:
        DivergenceError: names the node, its operands, and what was found.
    """
    if not np.isfinite(value).all():
        kind = "NaN" if np.isnan(value).any() else "infinity"
        operands = ", ".join(describe(x) for x in node.inputs)
        raise DivergenceError(f"{describe(node)} of {operands} produced {kind}")


def check_index(index: npt.NDArray[Any], bound: int) -> None:
    """Refuse indices outside 0 … bound − 1.

    Raises:
        IndexError: says which indices there are.
    """
    if index.size and not 0 <= index.min() <= index.max() < bound:
        raise IndexError(f"indices must lie in 0 … {bound - 1}, got {index.min()} … "
                         f"{index.max()}")  # fmt: skip
