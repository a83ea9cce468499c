"""Data frames of any library (pandas, polars, pyarrow …), as arrays of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from chainrule.errors import DataError, did_you_mean

if TYPE_CHECKING:
    import narwhals as nw

    Frame: TypeAlias = nw.DataFrame[Any]
    Series: TypeAlias = nw.Series[Any]

Array = npt.NDArray[Any]

PLAIN = (np.ndarray, np.generic, Mapping, list, tuple, str, bytes, int, float)
"""Types that are not data frames; to ask about others, narwhals must be imported."""


def as_frame(value: Any, name: str) -> Frame | Series | None:
    """Return a data frame or one of its columns as narwhals sees it; else None.

    Raises:
        DataError: it is not computed yet, or two columns have one name.
    """
    if value is None or isinstance(value, PLAIN):
        return None
    import narwhals as nw  # takes 30 ms, and few programs need it

    try:
        frame = nw.from_native(value, allow_series=True, pass_through=True)
    except nw.exceptions.NarwhalsError as error:
        raise DataError(f"{name} cannot be read as a data frame: {error}") from error
    if isinstance(frame, nw.LazyFrame):
        raise DataError(
            f"{name} is a {type(value).__name__}, which is not computed yet: write "
            f"{name}.collect()"
        )
    return frame if isinstance(frame, (nw.DataFrame, nw.Series)) else None


def frame_numbers(frame: Frame | Series, name: str) -> Array:
    """Return a column as a vector, or the columns of a frame as a matrix.

    Missing values become NaN.

    Raises:
        DataError: names a column that does not hold numbers, and says what to write.
    """
    import narwhals as nw

    if isinstance(frame, nw.Series):
        return _numbers(frame, name, None)
    columns = [_numbers(column, name, frame) for column in frame.iter_columns()]
    return np.column_stack(columns) if columns else np.empty((len(frame), 0))


def _numbers(column: Series, name: str, frame: Frame | None) -> Array:
    import narwhals as nw

    if column.dtype == nw.Object:  # pandas' columns of Python numbers
        array = np.asarray(column.to_list(), object)
        if all(isinstance(item, (int, float, np.number)) for item in array):
            return array.astype(np.float64)
    elif column.dtype.is_numeric() or column.dtype == nw.Boolean:
        if column.null_count():
            column = column.cast(nw.Float64())
        return np.asarray(column.to_numpy())
    what = name if frame is None else f"column {column.name!r} of {name}"
    example = next((item for item in column if item is not None), None)
    raise DataError(
        f"{what} holds {column.dtype} such as {str(example)!r}, not numbers; "
        + _encoding(column, name, frame)
    )


def _encoding(column: Series, name: str, frame: Frame | None) -> str:
    """Say what to write to make numbers of categories."""
    if frame is None:
        return (
            "write labels as integers: classes, y = "
            f"numpy.unique({name}, return_inverse=True)"
        )
    library = frame.implementation.to_native_namespace().__name__
    encoded = {
        "pandas": f"pandas.get_dummies({name}, columns=[{column.name!r}], dtype=float)",
        "polars": f"{name}.to_dummies([{column.name!r}])",
    }.get(library, "one column of 0 and 1 for each category")
    return f"leave it out, or encode its categories: {encoded}"


def column_names(value: Any, name: str) -> list[Any] | None:
    """Return the names of the columns of a data frame; None for anything else.

    Raises:
        DataError: see `as_frame`.
    """
    frame = as_frame(value, name)
    return getattr(frame, "columns", None)  # one column has none


def select(value: Any, columns: Sequence[Any], name: str) -> Any:
    """Return the columns with these names, in this order, of a data frame.

    Other columns are left out; anything but a data frame is returned as it is.

    Raises:
        DataError: a column is missing.
    """
    present = column_names(value, name)
    if present is None or present == list(columns):
        return value
    for wanted in columns:
        if wanted not in present:
            hint = did_you_mean(str(wanted), [str(column) for column in present])
            raise DataError(f"{name} has no column {wanted!r}.{hint}")
    frame: Any = as_frame(value, name)
    return frame.select(list(columns)).to_native()
