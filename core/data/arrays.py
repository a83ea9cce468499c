"""Arrays of numbers, made from what a user gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.data.frames import as_frame, column_names, frame_numbers
from chainrule.dtypes import Dtype
from chainrule.errors import DataError, with_article

Array = npt.NDArray[Any]

DTYPES: dict[Dtype, type] = {"int": np.int64, "bool": np.bool_}
"""The NumPy dtype in which training holds data that are not floats."""


def as_numbers(value: Any, name: str, dtype: Dtype = "float") -> Array:
    """Return a value as an array of real numbers, of any shape and NumPy dtype.

    The columns of a data frame become those of a matrix.

    Raises:
        DataError: it is ragged, masked or not numeric, or is not made of integers where
            `dtype` is ``"int"``.
    """
    if value is None or isinstance(value, (Mapping, Set, Iterator)):
        got = "None" if value is None else with_article(type(value).__name__)
        raise DataError(f"{name} must be an array of numbers, got {got}")
    if (frame := as_frame(value, name)) is not None:
        value = frame_numbers(frame, name)
    if np.ma.is_masked(value):
        raise DataError(
            f"{name} has masked values; remove those rows, or fill them with filled()"
        )
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise DataError(f"{name} has rows of different lengths: {error}") from error
    if array.dtype.kind == "O":
        array = _from_objects(array, name, dtype)
    if array.dtype.kind not in "fiub":
        example = array.ravel()[0] if array.size else ""
        raise DataError(
            f"{name} holds {array.dtype.type.__name__} such as {str(example)!r}, "
            f"not numbers; {_instead(array, name)}"
        )
    if dtype == "int":
        check_integers(array, name)
    return array if dtype != "bool" else array.astype(np.bool_, copy=False)


def _instead(array: Array, name: str) -> str:
    """Say what to write for data that are not numbers."""
    if array.dtype.kind == "c":
        return f"give the parts as columns, {name}.real and {name}.imag"
    if array.dtype.kind in "Mm":
        return f"give the time since an origin, such as {name}.astype(float)"
    if array.ndim > 1:
        return "leave it out, or encode it: a column of 0 and 1 for each category"
    return (
        "write labels as integers: classes, y = "
        f"numpy.unique({name}, return_inverse=True)"
    )


def _from_objects(array: Array, name: str, dtype: Dtype) -> Array:
    """Return Python's numbers as NumPy's; doubles cannot tell large integers apart."""
    if any(item is None for item in array.flat):  # which NumPy would convert to NaN
        raise DataError(f"{name} holds Python objects such as None, not numbers")
    if dtype == "int" and all(isinstance(i, (int, np.integer)) for i in array.flat):
        check_integers(array, name)
        return array.astype(np.int64)
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(f"{name} holds Python objects, not numbers: {error}") from error


def as_rows(
    value: Any, name: str, dtype: Dtype = "float", floats: str = "float32"
) -> Array:
    """Return rows of finite numbers, contiguous and in the NumPy dtype of training.

    Args:
        value: the rows.
        name: what messages call them.
        dtype: what they are in the graph.
        floats: the NumPy dtype of floats.

    Raises:
        DataError: there are no rows, or they are not numbers of this dtype, or there is
            NaN or infinity, which is named by row and column.
    """
    array = as_numbers(value, name, dtype)
    if array.ndim == 0:
        raise DataError(
            f"{name} must be an array of rows, got one {type(value).__name__}"
        )
    if array.size == 0:
        raise DataError(f"{name} is empty: its shape is {array.shape}")
    with np.errstate(over="ignore"):  # what is too large becomes infinite
        converted: Array = np.ascontiguousarray(
            array, floats if dtype == "float" else DTYPES[dtype]
        )
    check_finite(converted, name, column_names(value, name))
    return converted


def check_integers(array: Array, name: str) -> None:
    """Reject fractions, and numbers beyond int64, where integers are needed.

    Raises:
        DataError: names the first value that is not such an integer.
    """
    if array.dtype.kind not in "fuO":
        return
    wrong, bounds = np.empty((0, array.ndim), int), ""
    if array.dtype.kind == "f":
        wrong = np.argwhere(array != np.floor(array))
    if not len(wrong):
        wrong, bounds = np.argwhere(_beyond_int64(array)), " from −2⁶³ to 2⁶³ − 1"
    if len(wrong):
        at = tuple(wrong[0])
        where = f" in {position_text(at)}" if at else ""
        raise DataError(f"{name} must hold integers{bounds}, got {array[at]}{where}")


def _beyond_int64(array: Array) -> Array:
    """Return which floats, unsigned or Python's integers int64 cannot hold."""
    if array.dtype.kind != "f":
        bounds = np.iinfo(np.int64)
        return (array < bounds.min) | (array > bounds.max)
    limit = np.float64(2**63)
    return (array < -limit) | (array >= limit)


def check_finite(array: Array, name: str, columns: Sequence[Any] | None = None) -> None:
    """Reject NaN and infinity; `columns` are the names of columns, if they have any.

    Raises:
        DataError: names the first such value, and says how many there are.
    """
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        wrong = np.argwhere(~np.isfinite(array))
        at = tuple(int(i) for i in wrong[0])
        count = "1 value is" if len(wrong) == 1 else f"{len(wrong)} values are"
        where = f" in {position_text(at, columns)}" if at else ""
        raise DataError(
            f"{name} has {array[at]}{where} ({count} not finite); remove such "
            "rows, or fill in numbers"
        )


def check_same_length(arrays: Mapping[str, Array]) -> None:
    """Reject arrays that differ in their number of rows.

    Raises:
        DataError: names the arrays and their lengths.
    """
    if len({len(array) for array in arrays.values()}) > 1:
        lengths = ", ".join(f"{name} {len(a)}" for name, a in arrays.items())
        raise DataError(f"the numbers of rows differ: {lengths}")


def position_text(index: Sequence[int], columns: Sequence[Any] | None = None) -> str:
    """Write a position for people: ``row 3, column 17`` or ``row 3, column 'age'``."""
    if len(index) == 1:
        return f"row {index[0]}"
    if len(index) == 2:
        column = repr(columns[index[1]]) if columns else index[1]
        return f"row {index[0]}, column {column}"
    return f"row {index[0]}, position {tuple(int(i) for i in index[1:])}"
