"""The progress bar of a training run."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from chainrule.kinds.callback import Callback, Run
from chainrule.terminal import visible_line

INTERVAL = 0.1
"""Seconds between updates of the line."""
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


class Progress(Callback):
    """A line with epoch, bar, speed, remaining time and the numbers of the last epoch.

    A narrow terminal shows less of it, and what is not a terminal shows nothing.
    """

    _live: Any = field(default=None, init=False)
    _due: float = field(default=0.0, init=False)
    _begun: tuple[float, int] = field(default=(0.0, 0), init=False)
    _first: int = field(default=0, init=False)

    def begin(self, run: Run) -> None:
        if not sys.stdout.isatty():
            return
        from rich.console import Console  # slow to import, and often not needed
        from rich.live import Live

        self._first = run.epoch
        self._begun = time.perf_counter(), run.step
        self._live = Live(console=Console(), auto_refresh=False)
        self._live.start()

    def step_end(self, run: Run) -> None:
        if self._live is not None and time.perf_counter() >= self._due:
            self._show(run)

    def epoch_end(self, run: Run) -> None:
        if self._live is not None:
            self._show(run)

    def end(self, run: Run) -> None:
        if self._live is not None:
            self._show(run)
            self._live.stop()
            self._live = None

    def _show(self, run: Run) -> None:
        now = time.perf_counter()
        self._due = now + INTERVAL
        begun, first = self._begun
        done = (run.epoch - 1 - self._first) * run.steps_per_epoch + run.step_of_epoch
        total = (run.last_epoch - self._first) * run.steps_per_epoch
        rate = (run.step - first) / max(now - begun, 1e-9)
        left = timedelta(seconds=round((total - done) / rate)) if rate else "-:--:--"
        columns = [
            _column(0, f"epoch {run.epoch}/{run.last_epoch}"),
            Column(3, SHORTEST),
            _column(7, f"{done}/{total}"),
            _column(5, f"{rate:,.0f} steps/s", 13),
            _column(4, str(left)),
            *_numbers(run.history),
        ]
        room = self._live.console.width - GAP - 1
        self._live.update(_line(fitting(columns, room), done, total), refresh=True)


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


def _line(columns: Sequence[Column], done: int, total: int) -> Any:
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    line = Table.grid(padding=(0, GAP, 0, 0), pad_edge=False)
    for _ in columns:
        line.add_column(no_wrap=True, overflow="crop")
    line.add_row(
        *(
            Text(column.text)
            if column.text
            else ProgressBar(total, done, width=column.width)
            for column in columns
        )
    )
    return line
