"""CSV files, with one example per line."""

from __future__ import annotations

from os import PathLike
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.data.csv import read_table


def load_csv(
    path: str | PathLike[str], *, target: int | str = -1, delimiter: str = ","
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
    return table.inputs(table.header.others(column)), table.targets(column)
