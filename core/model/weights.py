"""Weights that a user gives to a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from chainrule.data.arrays import Array, as_numbers, check_finite
from chainrule.errors import DataError, did_you_mean
from chainrule.node import Parameter


def weights_for(
    parameters: Mapping[str, Parameter],
    weights: Mapping[str, npt.ArrayLike] | Sequence[npt.ArrayLike],
) -> dict[str, Array]:
    """Return arrays that the parameters of these paths can take.

    A list has one for each parameter, in order.

    Raises:
        DataError: no such parameter, another shape, or not finite.
    """
    if not isinstance(weights, Mapping):
        if len(weights) != len(parameters):
            raise DataError(
                f"weights must have one array for each of the {len(parameters)} "
                f"parameters ({', '.join(parameters.keys())}), got {len(weights)}; a "
                "mapping from paths may have some of them"
            )
        weights = dict(zip(parameters.keys(), weights, strict=True))
    arrays = {}
    for path, value in weights.items():
        if path not in parameters:
            raise DataError(
                f"no parameter {path!r}.{did_you_mean(path, parameters.keys())}"
            )
        present = parameters[path].value
        array = as_numbers(value, path)
        if array.shape != present.shape:
            raise DataError(
                f"{path} must have shape {present.shape}, got {array.shape}"
            )
        with np.errstate(over="ignore"):  # what is too large becomes infinite
            arrays[path] = array.astype(present.dtype)
        check_finite(arrays[path], path)
    return arrays
