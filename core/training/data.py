"""Data, checked and converted once before training: inputs, weights, held-out parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.errors import DataError, did_you_mean
from chainrule.node import Dtype, Input
from chainrule.philox import generator
from chainrule.shapes import Shape, shape_text
from chainrule.training.network import Network

Array = npt.NDArray[Any]
Feeds = Sequence[tuple[Input, Array]]
"""Leaves with all the rows that they are fed, batch by batch."""
Shapes = tuple[tuple[Input, Shape], ...]
"""Leaves with the shapes that they have in one program."""
WIDTHS: dict[Dtype, type] = {"float": np.float32, "int": np.int64, "bool": np.bool_}
"""How the data of each dtype is kept."""


def inputs(network: Network, x: Any) -> list[Array]:
    """Return one array for each input of a network, checked.

    Several inputs are given as a list, or as a mapping from their names.

    Raises:
        DataError: wrong shape, no rows, text, NaN or infinity (named by row and
            column), or inputs of different length.
    """
    parts = spread(x, [leaf.name or "x" for leaf in network.inputs], "input")
    arrays = []
    for leaf, part in zip(network.inputs, parts, strict=True):
        name = "x" if len(network.inputs) == 1 else f"x[{leaf.name!r}]"
        array = numeric(part, name, leaf.dtype)
        check_shape(array, name, leaf, network)
        arrays.append(finite(array, name))
    same_length({f"x[{i}]": array for i, array in enumerate(arrays)})
    return arrays


def batch_shapes(feeds: Feeds, rows: int) -> Shapes:
    """Return the shapes of a batch of this many rows."""
    return tuple((leaf, (rows, *array.shape[1:])) for leaf, array in feeds)


def spread(value: Any, names: Sequence[str], what: str) -> list[Any]:
    """Return the parts of a value that may be a mapping or a list of several parts.

    Raises:
        DataError: the wrong number of parts, or unknown names.
    """
    if isinstance(value, Mapping):
        for name in value:
            if name not in names:
                raise DataError(f"no {what} named {name!r}.{did_you_mean(name, names)}")
        missing = [name for name in names if name not in value]
        if missing:
            raise DataError(f"no value was given for {what} {', '.join(missing)}")
        return [value[name] for name in names]
    if len(names) == 1:
        return [value]
    if not isinstance(value, (list, tuple)) or len(value) != len(names):
        got = len(value) if isinstance(value, (list, tuple)) else "one"
        raise DataError(
            f"the model has {len(names)} {what}s ({', '.join(names)}), got {got}; "
            "give a list with one for each, or a mapping from their names"
        )
    return list(value)


def shape_of_rows(x: Any) -> Shape:
    """Return the shape of examples, with an open number of rows.

    Raises:
        DataError: there is but one dimension.
    """
    array = numeric(x, "x")
    if array.ndim < 2:
        raise DataError(
            f"x has shape {array.shape}; a model wants one row for each example: "
            "x[:, None] if there is one feature, x[None] if this is one example"
        )
    return (None, *array.shape[1:])


def numeric(value: Any, name: str, dtype: Dtype = "float") -> Array:
    """Return a value as an array of numbers, contiguous, with the width of `dtype`.

    Raises:
        DataError: it is empty, ragged, masked, or not numeric.
    """
    if np.ma.is_masked(value):
        raise DataError(f"{name} has masked values: remove such rows, or use filled()")
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise DataError(f"{name} has rows of different lengths: {error}") from error
    if array.dtype.kind == "O":
        array = _from_objects(array, name)
    if array.dtype.kind not in "fiub":
        example = array.ravel()[0] if array.size else ""
        raise DataError(
            f"{name} holds {array.dtype.type.__name__} such as {str(example)!r}, "
            "not numbers"
        )
    if array.ndim == 0:
        raise DataError(f"{name} is one {type(value).__name__}, not an array of rows")
    if array.size == 0:
        raise DataError(f"{name} is empty: its shape is {array.shape}")
    if dtype == "int" and array.dtype.kind == "f":
        integral(array, name)
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(array, WIDTHS[dtype])


def _from_objects(array: Array, name: str) -> Array:
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name} holds Python objects, not numbers: {error}") from error


def integral(array: Array, name: str) -> None:
    """Refuse fractions where integers are wanted.

    Raises:
        DataError: names the first value that is no integer.
    """
    wrong = np.argwhere(array != np.floor(array))
    if len(wrong):
        at = tuple(wrong[0])
        raise DataError(f"{name} must hold integers, got {array[at]} in {where(at)}")


def check_shape(array: Array, name: str, leaf: Input, network: Network) -> None:
    """Refuse data that has not the shape an input wants.

    Raises:
        DataError: names the layer, what it expected and what it got.
    """
    shape = leaf.shape
    if array.ndim != len(shape):
        hint = ""
        if array.ndim == len(shape) - 1:
            hint = (
                f"; one example still needs a batch axis: {name}[None]"
                if array.shape == shape[1:]
                else f"; a column is {name}[:, None]"
            )
        raise DataError(
            f"{network.first_layer(leaf)}: expected {name} of shape "
            f"{shape_text(shape)}, got {array.shape}{hint}"
        )
    for axis in range(1, array.ndim):
        wanted, got = shape[axis], array.shape[axis]
        if wanted not in (None, got):
            what = "features" if array.ndim == 2 else f"along axis {axis}"
            raise DataError(
                f"{network.first_layer(leaf)}: expected {wanted} {what}, got {got} "
                f"({name} has shape {array.shape})"
            )


def finite(array: Array, name: str) -> Array:
    """Return the array if it holds no NaN and no infinity.

    Raises:
        DataError: names the first such value, and says how many there are.
    """
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        wrong = np.argwhere(~np.isfinite(array))
        at = tuple(int(i) for i in wrong[0])
        count = "1 value is" if len(wrong) == 1 else f"{len(wrong)} values are"
        raise DataError(
            f"{name} has {array[at]} in {where(at)} ({count} not finite); remove such "
            "rows, or fill in numbers"
        )
    return array


def where(index: Sequence[int]) -> str:
    """Write a position for people: ``row 3, column 17``."""
    if len(index) == 1:
        return f"row {index[0]}"
    if len(index) == 2:
        return f"row {index[0]}, column {index[1]}"
    return f"row {index[0]}, position {tuple(int(i) for i in index[1:])}"


def same_length(arrays: Mapping[str, Array]) -> None:
    """Refuse arrays of different numbers of rows.

    Raises:
        DataError: names the arrays and their lengths.
    """
    if len({len(array) for array in arrays.values()}) > 1:
        lengths = ", ".join(f"{name} {len(a)}" for name, a in arrays.items())
        raise DataError(f"the numbers of rows differ: {lengths}")


def weights(value: Any, rows: int) -> Array:
    """Return sample weights, one for each row.

    Raises:
        DataError: wrong shape, negative, or not finite.
    """
    array = finite(numeric(value, "sample_weight"), "sample_weight")
    if array.shape == (rows, 1):
        array = array[:, 0]
    if array.shape != (rows,):
        raise DataError(
            f"sample_weight must have one number for each of {rows} rows, got shape "
            f"{array.shape}"
        )
    if (array < 0).any():
        raise DataError(f"sample_weight is negative in row {int(np.argmax(array < 0))}")
    return array


def held_out(rows: int, fraction: float, seed: int) -> tuple[Array, Array]:
    """Return the rows to train on and those to validate on, drawn from the seed.

    Raises:
        DataError: the fraction leaves one of the two parts empty.
    """
    held = round(rows * fraction) if 0 <= fraction <= 1 else rows
    if not 0 < held < rows:
        raise DataError(
            f"validation={fraction:g} of {rows} rows holds out {held}; give a fraction "
            "between 0 and 1 that leaves rows for both, or a pair (x, y)"
        )
    order = generator(seed, "validation").permutation(rows)
    return np.sort(order[held:]), np.sort(order[:held])
