"""Numbers in text files, one example a line."""

from __future__ import annotations

import csv
import gzip
import math
import zlib
from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.errors import DataError


def load_csv(
    path: str | PathLike[str], *, target: int | str = -1, delimiter: str = ","
) -> tuple[npt.NDArray[np.float32], npt.NDArray[Any]]:
    """Read examples from a CSV file, gzipped or not.

    A first line that is not all numbers is taken to be the names of the columns.

    Args:
        path: the file.
        target: the column to predict, by number from 0 (−1 is the last) or by name.
        delimiter: what separates columns.

    Returns:
        x of shape (n, columns − 1), float32; and y of shape (n,), int64 if every target
        is a whole number, float32 otherwise.

    Raises:
        DataError: the file is missing, empty, ragged, or holds something that is not a
            finite number; names line and column.
    """
    file = Path(path)
    names: list[str] | None = None
    rows: list[list[float]] = []
    for line, cells in _lines(file, delimiter):
        if names is None and not rows and not all(map(_is_number, cells)):
            names = [cell.strip() for cell in cells]
            continue
        width = len(rows[0]) if rows else len(names or cells)
        if len(cells) != width:
            raise DataError(
                f"{file}, line {line}: {len(cells)} columns, the lines before have "
                f"{width}; fix the line, or give the right delimiter"
            )
        rows.append([_number(c, file, line, i) for i, c in enumerate(cells)])
    if not rows:
        raise DataError(f"{file} holds no numbers: there must be one example a line")
    table = np.array(rows)
    column = _column(target, names, table.shape[1], file)
    y = table[:, column]
    whole = bool((y == np.round(y)).all())
    x = np.delete(table, column, axis=1).astype(np.float32)
    return x, y.astype(np.int64 if whole else np.float32)


def _lines(file: Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (line number, cells) of the lines that are not blank."""
    try:
        with file.open("rb") as raw:
            zipped = raw.read(2) == b"\x1f\x8b"
        opened = gzip.open if zipped else open
        with opened(file, "rt", encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, delimiter=delimiter)
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield reader.line_num, cells
    except FileNotFoundError:
        raise DataError(f"there is no file {file}") from None
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{file} cannot be read as CSV: {error}") from error


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _number(cell: str, file: Path, line: int, column: int) -> float:
    if not _is_number(cell) or not math.isfinite(value := float(cell)):
        what = repr(cell.strip()) if cell.strip() else "nothing"
        raise DataError(
            f"{file}, line {line}, column {column}: {what} where a finite number "
            "should be; fill in or remove the line, and write categories as numbers"
        )
    return value


def _column(target: int | str, names: list[str] | None, width: int, file: Path) -> int:
    if isinstance(target, str):
        if not names or target not in names:
            known = (
                f"its columns are {', '.join(names)}" if names else "it has no names"
            )
            raise DataError(f"{file} has no column {target!r}: {known}")
        return names.index(target)
    if not -width <= target < width:
        raise DataError(f"{file} has no column {target}: it has {width} columns")
    return target % width
