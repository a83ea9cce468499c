"""Weights that a user gives to a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.errors import DataError, did_you_mean
from chainrule.node import Parameter
from chainrule.training import data


def checked(
    parameters: Mapping[str, Parameter], weights: Mapping[str, npt.ArrayLike]
) -> dict[str, npt.NDArray[Any]]:
    """Return arrays that the parameters of these paths can take.

    Raises:
        DataError: no such parameter, another shape, or not finite.
    """
    if not isinstance(weights, Mapping):
        raise DataError(
            "weights are given by path, as get_weights returns them, got "
            f"{type(weights).__name__}"
        )
    arrays = {}
    for path, value in weights.items():
        if path not in parameters:
            raise DataError(f"no parameter {path!r}.{did_you_mean(path, parameters)}")
        kept = parameters[path].value
        try:
            array = np.asarray(value)
        except ValueError as error:
            raise DataError(f"{path} has rows of different lengths: {error}") from error
        if array.shape != kept.shape or array.dtype.kind not in "fiub":
            raise DataError(
                f"{path} has shape {kept.shape}, got {array.dtype} of shape "
                f"{array.shape}"
            )
        with np.errstate(over="ignore"):  # what is too large is refused as infinite
            arrays[path] = data.finite(array.astype(kept.dtype), path)
    return arrays
