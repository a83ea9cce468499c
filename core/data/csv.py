"""Tables in text files: an example a line, columns named by the first or by none."""

from __future__ import annotations

import csv
import gzip
import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.errors import DataError, did_you_mean

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Heading:
    """What a table has for columns.

    Attributes:
        file: where it is from.
        names: of the columns, or None if the first line is numbers already.
        width: how many columns there are.
    """

    file: Path
    names: list[str] | None
    width: int

    def column(self, target: int | str) -> int:
        """Return the number of a column, counted from 0, of its number or its name.

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
        """Return the numbers of all columns but one, or of all."""
        return [i for i in range(self.width) if i != column]


@dataclass(frozen=True)
class Table:
    """The numbers of a file, float64, with what their columns are called."""

    heading: Heading
    values: npt.NDArray[np.float64]

    def inputs(self, columns: Sequence[int]) -> npt.NDArray[np.float32]:
        """Return some columns, in that order."""
        return self.values[:, columns].astype(np.float32)

    def targets(self, column: int) -> Array:
        """Return one column: int64 if all of it is whole, float32 otherwise."""
        y = self.values[:, column]
        whole = bool((y == np.round(y)).all())
        return y.astype(np.int64 if whole else np.float32)


def read_heading(path: str | PathLike[str], delimiter: str = ",") -> Heading:
    """Read what columns a CSV file has; no more than its first line is read.

    Raises:
        DataError: the file is missing, empty, or no text.
    """
    file = Path(path)
    for _, cells in _lines(file, delimiter):
        return _heading(file, cells)
    raise _empty(file)


def read_table(path: str | PathLike[str], delimiter: str = ",") -> Table:
    """Read a CSV file, gzipped or not.

    A first line that is not all numbers is taken to be the names of the columns.

    Raises:
        DataError: the file is missing, empty, ragged, or holds something that is not a
            finite number; names line and column.
    """
    file = Path(path)
    heading: Heading | None = None
    rows: list[list[float]] = []
    for line, cells in _lines(file, delimiter):
        if heading is None:
            heading = _heading(file, cells)
            if heading.names is not None:
                continue
        if len(cells) != heading.width:
            raise DataError(
                f"{file}, line {line}: {len(cells)} columns, the lines before have "
                f"{heading.width}; fix the line, or give the right delimiter"
            )
        rows.append([_number(c, file, line, i) for i, c in enumerate(cells)])
    if heading is None or not rows:
        raise _empty(file)
    return Table(heading, np.array(rows))


def _heading(file: Path, cells: list[str]) -> Heading:
    named = not all(map(_is_number, cells))
    names = [cell.strip() for cell in cells] if named else None
    return Heading(file, names, len(cells))


def _empty(file: Path) -> DataError:
    return DataError(f"{file} holds no numbers: there must be one example a line")


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
