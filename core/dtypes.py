"""Dtypes: what the elements of a node are, and of an array that becomes one."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from chainrule.errors import GraphError, shown

Dtype: TypeAlias = Literal["float", "int", "bool"]


def as_array(value: npt.ArrayLike) -> npt.NDArray[Any]:
    """Return a copy of a value as an array.

    Raises:
        GraphError: it is a list of rows of different lengths.
    """
    try:
        return np.array(value)
    except ValueError as error:
        raise GraphError(
            f"rows of different lengths do not make an array: {error}"
        ) from error


_DTYPES: dict[str, Dtype] = {"f": "float", "i": "int", "u": "int", "b": "bool"}
"""NumPy's letter for a dtype → a graph's name for it."""


def dtype_of(array: npt.NDArray[Any]) -> Dtype:
    """Return a graph's name for the dtype of an array.

    Raises:
        GraphError: it is not the dtype of real numbers, integers or booleans, or an
            integer is beyond int64.
    """
    dtype = _DTYPES.get(array.dtype.kind)
    if array.dtype == object:  # as NumPy has no dtype for larger integers
        for x in array.flat:
            if isinstance(x, int) and not -(2**63) <= x < 2**63:
                raise GraphError(
                    f"integers of a graph must be from −2⁶³ to 2⁶³ − 1, got {x}; "
                    "write floats"
                )
    if dtype is None:
        raise GraphError(
            "a value of a graph must consist of real numbers, integers or booleans, "
            f"got {shown(array.tolist())}, of dtype {array.dtype}"
        )
    if array.dtype.kind == "u" and (array > np.iinfo(np.int64).max).any():
        raise GraphError(
            "integers of a graph must be at most 2⁶³ − 1, got "
            f"{array.max()}; write floats"
        )
    return dtype
