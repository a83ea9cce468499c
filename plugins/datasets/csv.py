"""CSV files, with one example per line."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.annotations import FilePath
from chainrule.arguments import checked
from chainrule.data.csv import Delimiter, read_table
from chainrule.errors import DataError


@checked
def load_csv(
    path: FilePath, *, target: int | str = -1, delimiter: Delimiter = ","
) -> tuple[npt.NDArray[np.float32], npt.NDArray[Any]]:
    """Read examples from a CSV file, gzipped or not.

    A first line that is not all numbers is taken for the names of the columns.

    Args:
        path: the file.
        target: the column of targets, by number from 0 (−1 is the last) or by name.
        delimiter: what separates columns.

    Returns:
        x of shape (n, columns − 1), float32, and y of shape (n,), int64 if all targets
        are integers, float32 otherwise.

    Raises:
        DataError: the file is missing, empty, ragged, or holds something that is not a
            finite number; names line and column.
    """
    table = read_table(path, delimiter)
    column = table.header.column(target)
    others = table.header.others(column)
    if not others:
        raise DataError(
            f"{path} has one column, the target, and so no features: give the right "
            "delimiter, or a file with more columns"
        )
    return table.inputs(others), table.targets(column)
