"""Habits, found by the place where an unknown name was met."""

from __future__ import annotations

from chainrule.habits import functions, models, names, nodes
from chainrule.habits.habit import Habit

TABLE: tuple[Habit, ...] = (
    *models.HABITS, *nodes.HABITS, *functions.HABITS, *names.HABITS,
)  # fmt: skip
"""All habits that have to change."""

_WRITE = {(h.place, name): h.write for h in TABLE for name in h.names}


def advice(name: str, *places: str) -> str:
    """Return what to write instead of a name that is unknown in a place, or nothing.

    Args:
        name: the name.
        places: where it was met; the first of them that knows it counts.
    """
    found = (_WRITE.get((place, name), "") for place in places)
    return next((text.replace("{name}", name) for text in found if text), "")
