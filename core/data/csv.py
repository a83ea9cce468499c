"""Tables in CSV files: one example per line, after a line of column names or none."""

from __future__ import annotations

import csv
import gzip
import math
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Annotated, TextIO, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from chainrule.annotations import SuchThat
from chainrule.data.arrays import Array
from chainrule.errors import DataError, did_you_mean
from chainrule.files import reading

Delimiter: TypeAlias = Annotated[
    str, SuchThat(lambda text: len(text) == 1 and text not in '\r\n"', "one character")
]
"""What separates columns."""
Numbers: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Header:
    """The columns of a table.

    Attributes:
        file: the file that the table is in.
        names: the names of the columns, or None if the first line has numbers already.
        width: the number of columns.
    """

    file: Path
    names: list[str] | None
    width: int

    def column(self, target: int | str) -> int:
        """Return the index of a column, given by its index or its name.

        A negative index counts from the last column.

        Raises:
            DataError: there is no such column.
        """
        if isinstance(target, str):
            if self.names is None:
                raise DataError(
                    f"{self.file} has no column {target!r}: its first line is numbers, "
                    f"not names; give a number, 0 to {self.width - 1}"
                )
            if target not in self.names:
                hint = did_you_mean(target, self.names)
                raise DataError(f"{self.file} has no column {target!r}.{hint}")
            return self.names.index(target)
        if not -self.width <= target < self.width:
            raise DataError(
                f"{self.file} has no column {target}: it has {self.width} columns"
            )
        return target % self.width

    def others(self, column: int | None) -> list[int]:
        """Return the indices of all columns except one, or of all for None."""
        return [i for i in range(self.width) if i != column]


@dataclass(frozen=True)
class Table:
    """The numbers of a file in float64, and its columns."""

    header: Header
    values: Numbers

    def inputs(self, columns: Sequence[int]) -> npt.NDArray[np.float32]:
        """Return some columns, in this order."""
        return self.values[:, columns].astype(np.float32)

    def targets(self, column: int) -> Array:
        """Return one column: int64 if all its numbers are integers, else float32."""
        y = self.values[:, column]
        whole = bool((y == np.round(y)).all())
        return y.astype(np.int64 if whole else np.float32)


def read_header(path: str | PathLike[str], delimiter: str = ",") -> Header:
    """Read the columns of a CSV file, without reading beyond its first line.

    Raises:
        DataError: the file is missing, empty, or not text.
    """
    file = Path(path)
    for _, cells in _lines(file, delimiter):
        return _header(file, cells)
    raise _empty(file)


def read_table(path: str | PathLike[str], delimiter: str = ",") -> Table:
    """Read a CSV file, gzipped or not.

    A first line that is not all numbers is taken for the names of the columns.

    Raises:
        DataError: the file is missing, empty, ragged, or holds something that is not a
            finite number; names line and column.
    """
    file = Path(path)
    values = _read_quickly(file, header := read_header(file, delimiter), delimiter)
    if values is None:
        values = _read_carefully(file, header, delimiter)
    if not len(values):
        raise _empty(file)
    return Table(header, values)


def _read_quickly(file: Path, header: Header, delimiter: str) -> Numbers | None:
    """Return the numbers as NumPy's reader sees them; None if it meets anything else.

    It is several times as fast as Python's, but cannot say where a mistake is.
    """
    with reading(file, DataError, "CSV"), _opened(file) as stream:
        if header.names is not None:
            next(_rows(stream, delimiter))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # there are no rows
                values = np.loadtxt(
                    stream, np.float64, None, delimiter, quotechar='"', ndmin=2
                )
        except ValueError:
            return None
    fits = values.shape[1] == header.width and np.isfinite(values).all()
    return values if fits else None


def _read_carefully(file: Path, header: Header, delimiter: str) -> Numbers:
    """Return the numbers, read cell by cell.

    Raises:
        DataError: names line and column of what is not a finite number.
    """
    rows: list[list[float]] = []
    lines = _lines(file, delimiter)
    if header.names is not None:
        next(lines)
    for line, cells in lines:
        if len(cells) != header.width:
            raise DataError(
                f"{file}, line {line}: {len(cells)} columns, the lines before have "
                f"{header.width}; fix the line, or give the right delimiter"
            )
        rows.append([_number(c, file, line, i) for i, c in enumerate(cells)])
    return np.array(rows)


def _header(file: Path, cells: list[str]) -> Header:
    named = not all(map(_is_number, cells))
    names = [cell.strip() for cell in cells] if named else None
    return Header(file, names, len(cells))


def _empty(file: Path) -> DataError:
    return DataError(f"{file} holds no numbers: it must have one example per line")


def _opened(file: Path) -> TextIO:
    with file.open("rb") as raw:
        zipped = raw.read(2) == b"\x1f\x8b"
    opened = gzip.open if zipped else open
    return cast(TextIO, opened(file, "rt", encoding="utf-8-sig", newline=""))


def _lines(file: Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (line number, cells) of the lines that are not blank."""
    with reading(file, DataError, "CSV"), _opened(file) as stream:
        yield from _rows(stream, delimiter)


def _rows(stream: TextIO, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(stream, delimiter=delimiter)
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield reader.line_num, cells


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
            f"{file}, line {line}, column {column}: expected a finite number, got "
            f"{what}; fill in or remove the line, and write categories as numbers"
        )
    return value
