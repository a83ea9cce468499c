"""The columns of data frames, found again by their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from chainrule.data.frames import column_names, select
from chainrule.data.parts import one_each

Columns: TypeAlias = Mapping[str, Sequence[Any]]
"""The names of the columns of each input that was given as a data frame."""


def columns_of(x: Any, inputs: Sequence[str]) -> Columns:
    """Return the names of the columns of each input that is a data frame.

    Raises:
        DataError: an input has no value, or a data frame cannot be read.
    """
    parts = zip(inputs, one_each(x, inputs, "input"), strict=True)
    found = {name: column_names(part, "x") for name, part in parts}
    return {name: columns for name, columns in found.items() if columns}


def in_order(x: Any, inputs: Sequence[str], columns: Columns) -> Any:
    """Return examples with these columns, in this order, of data frames.

    Other columns are left out. Arrays are returned as they are.

    Raises:
        DataError: an input has no value, or a data frame lacks a column.
    """
    if not columns:
        return x
    parts = [
        select(part, columns[name], "x" if len(inputs) == 1 else f"x[{name!r}]")
        if name in columns
        else part
        for name, part in zip(inputs, one_each(x, inputs, "input"), strict=True)
    ]
    return parts[0] if len(parts) == 1 else parts
