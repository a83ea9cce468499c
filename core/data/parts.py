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


def for_outputs(
    value: Any, names: Sequence[str], option: str, otherwise: Any = None
) -> list[Any]:
    """Return the part of an option for each output; a mapping may leave some out.

    Args:
        value: a list or a mapping with a part for each output.
        names: the names of the outputs.
        option: what messages call it.
        otherwise: the part for outputs that are left out.

    Raises:
        DataError: a name is unknown, or a list has the wrong number of parts.
    """
    if isinstance(value, Mapping):
        value = {**dict.fromkeys(names, otherwise), **value}
    elif isinstance(value, (list, tuple)) and len(names) == len(value) == 1:
        return list(value)
    try:
        return one_each(value, names, "output")
    except DataError as error:
        raise DataError(f"{option}: {error}") from None
