"""Tables in CSV files: two readers that agree, and mistakes that have a place."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from chainrule.data import csv
from chainrule.data.csv import read_table
from chainrule.errors import DataError

TABLES = {
    "names": "a,b\n1,2\n3,4\n",
    "no names": "1,2\n3,4\n",
    "quoted": 'a,"b ""c"", d"\n"1",2\n3,"4"\n',
    "a name over two lines": '"a\nb",c\n1,2\n3,4\n',
    "blank lines": "\n\na,b\n\n1,2\n\n3,4\n\n",
    "lines of empty cells": "a,b\n1,2\n,\n3,4\n",
    "spaces": "a , b\n 1 , 2\n3,\t4 \n",
    "carriage returns": "a,b\r\n1,2\r\n3,4\r\n",
    "a byte-order mark": "\ufeffa,b\n1,2\n3,4\n",
    "underscores": "a,b\n1_0e-1,2\n3,4\n",
    "a sign": "+1,2.0e0\n3.,.4e1\n",
    "a hash": "a,#b\n1,2\n3,4",
    "no last line end": "1,2\n3,4",
}


@pytest.mark.parametrize("text", TABLES.values(), ids=TABLES)
@pytest.mark.parametrize("zipped", [False, True])
def test_tables(text: str, zipped: bool, tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    data = text.encode()
    file.write_bytes(gzip.compress(data) if zipped else data)
    table = read_table(file)
    np.testing.assert_array_equal(table.values, [[1, 2], [3, 4]])
    careful = csv._read_carefully(file, table.header, ",")
    np.testing.assert_array_equal(careful, table.values)


def test_numbers_are_read_to_the_last_bit(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(50, 3)) * 10.0 ** np.arange(-9, 9, 6)
    file = tmp_path / "table.csv"
    file.write_text("\n".join(",".join(map(repr, row)) for row in values.tolist()))
    np.testing.assert_array_equal(read_table(file).values, values)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1", "line 40: 1 columns, the lines before have 2"),
        ("1,2,3", "line 40: 3 columns"),
        ("1,x", "line 40, column 1: expected a finite number, got 'x'"),
        ("1,", "line 40, column 1: expected a finite number, got nothing"),
        ("inf,1", "line 40, column 0: expected a finite number, got 'inf'"),
        ("1,nan", "line 40, column 1: expected a finite number, got 'nan'"),
    ],
)
def test_a_mistake_far_down_has_a_place(
    line: str, message: str, tmp_path: Path
) -> None:
    file = tmp_path / "table.csv"
    file.write_text("a,b\n" + "1,2\n" * 38 + f"{line}\n3,4\n")
    with pytest.raises(DataError, match=message):
        read_table(file)
