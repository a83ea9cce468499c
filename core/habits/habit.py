"""One habit: what is written elsewhere, and what to write here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

Rows: TypeAlias = Mapping[str, tuple[str, str]]
"""Names, parted by spaces → an example, and what to write instead. In the latter
``{name}`` stands for the name that was met."""


@dataclass(frozen=True)
class Habit:
    """A habit of users of other frameworks.

    Attributes:
        place: where it is met: what has no such attribute, parameter or function.
        names: what is unknown there; nothing if the habit works.
        example: a line of code that has the habit.
        write: what to write instead, as a part of a sentence.
    """

    place: str
    names: tuple[str, ...]
    example: str
    write: str


def habits(place: str, rows: Rows) -> tuple[Habit, ...]:
    """Return the habits that rows describe."""
    return tuple(
        Habit(place, tuple(names.split()), example, write)
        for names, (example, write) in rows.items()
    )
