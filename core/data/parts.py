"""Values that consist of one part for each of several names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chainrule.data.frames import column_names, select
from chainrule.errors import DataError, did_you_mean


def one_each(value: Any, names: Sequence[str], what: str) -> list[Any]:
    """Return the part for each name; several are given as a mapping or as a list.

    A data frame with a column of each name is such a mapping.

    Raises:
        DataError: a name is unknown or has no part, or the number of parts is wrong.
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
    if {*names} <= {*(column_names(value, what) or ())}:
        return [select(value, [name], name) for name in names]
    if not isinstance(value, (list, tuple)) or len(value) != len(names):
        got = len(value) if isinstance(value, (list, tuple)) else "one"
        raise DataError(
            f"the model has {len(names)} {what}s ({', '.join(names)}), got {got}; "
            "give a list with one for each, or a mapping from their names"
        )
    return list(value)
