"""Weights that a user gives to a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.errors import DataError, did_you_mean
from chainrule.graph import Parameter
from chainrule.training import data


def checked(
    parameters: Mapping[str, Parameter], weights: Mapping[str, npt.ArrayLike]
) -> dict[str, npt.NDArray[Any]]:
    """Return arrays that the parameters of these paths can take.

    Raises:
        DataError: no such parameter, another shape, or not finite.
    """
    arrays = {}
    for path, value in weights.items():
        if path not in parameters:
            raise DataError(f"no parameter {path!r}.{did_you_mean(path, parameters)}")
        array, wanted = np.asarray(value), parameters[path].value.shape
        if array.shape != wanted or array.dtype.kind not in "fiub":
            raise DataError(
                f"{path} has shape {wanted}, got {array.dtype} of shape {array.shape}"
            )
        arrays[path] = data.finite(array, path)
    return arrays
