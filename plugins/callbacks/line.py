"""A line about a training run that has as many columns as there is room for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from chainrule.kinds.callback import Run
from chainrule.terminal import visible_line

GAP = 2
"""Characters between columns, and at the end of the line for a ``^C``."""
SHORTEST, LONGEST = 10, 40
"""The least and greatest length of the bar, in characters."""


@dataclass(frozen=True)
class Column:
    """A column of the line.

    Attributes:
        rank: where there is no room, columns of the highest rank are dropped first.
        width: the most characters that it may need.
        text: its text; the bar has none.
    """

    rank: int
    width: int
    text: str = ""


@dataclass(frozen=True)
class Standing:
    """How far a training run has come.

    Attributes:
        run: the run.
        done: the steps of this call of `fit` that are done.
        total: all steps of this call.
        rate: steps per second.
    """

    run: Run
    done: int
    total: int
    rate: float

    @property
    def left(self) -> str:
        """The time that remains, as hours, minutes and seconds."""
        if not self.rate:
            return "-:--:--"
        return str(timedelta(seconds=round((self.total - self.done) / self.rate)))

    def columns(self) -> list[Column]:
        """Return what a line about it may contain, the bar included."""
        backend = self.run.backend
        return [
            _column(0, f"epoch {self.run.epoch}/{self.run.last_epoch}"),
            Column(3, SHORTEST),
            _column(7, f"{self.done}/{self.total}"),
            _column(5, f"{self.rate:,.0f} steps/s", 13),
            _column(4, self.left),
            *_numbers(self.run.history),
            *([_column(8, f"on {backend}")] if backend else []),
        ]

    def text(self) -> str:
        """Return a line of a log: epoch, numbers and the time that remains."""
        epoch, _, _, _, left, *numbers = (column.text for column in self.columns())
        remaining = [f"{left} left"] if self.done < self.total else []
        return "  ".join([epoch, *numbers, *remaining])


def fitting(columns: Sequence[Column], room: int) -> list[Column]:
    """Return the columns that fit, with the bar as long as possible."""
    taken: set[Column] = set()
    for column in sorted(columns, key=lambda column: column.rank):
        needed = column.width + (GAP if taken else 0)
        if taken and needed > room:
            break
        room -= needed
        taken.add(column)
    longer = min(SHORTEST + max(room, 0), LONGEST)
    return [
        column if column.text else replace(column, width=longer)
        for column in columns
        if column in taken
    ]


def _column(rank: int, text: str, width: int = 0) -> Column:
    text = visible_line(text)
    return Column(rank, max(width, len(text)), text)


def _numbers(history: Mapping[str, list[float]]) -> list[Column]:
    """Return a column for each number; the first and the last one matter most."""
    last = {name: values[-1] for name, values in history.items() if values}
    ranks = dict.fromkeys(last, 6)
    for name in list(last)[-1:]:
        ranks[name] = 2
    for name in list(last)[:1]:
        ranks[name] = 1
    return [
        _column(ranks[name], f"{name} {value:.4g}", len(name) + len(" 1.234e-05"))
        for name, value in last.items()
    ]
