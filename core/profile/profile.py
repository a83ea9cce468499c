"""Profiles: the time of each task of a program, and how near it is to the best.

::

    history = model.fit(x, y, loss="mse", profile=True)
    print(history.profile.table())
    history.profile.save_trace("trace.json")  # for ui.perfetto.dev or chrome://tracing
    cr.draw(model, level="op", times=history.profile)
"""

from __future__ import annotations

import html
import textwrap
from collections import Counter
from pathlib import Path

from chainrule.errors import GraphError
from chainrule.node import Node
from chainrule.profile.speed import Speed
from chainrule.profile.table import Row, TableText, total_seconds
from chainrule.profile.trace import Event, save_trace
from chainrule.profile.work import Task, Work

MOST_EVENTS = 1 << 18
"""Runs of tasks that a trace holds; later ones are in the table alone."""


class Profile:
    """How long each task took; printed, it is a table.

    Attributes:
        device: what the tasks ran on.
        speed: the best that the device can do.
        wall: seconds from beginning to end, with all that happens between tasks.
    """

    def __init__(self, device: str, speed: Speed) -> None:
        self.device = device
        self.speed = speed
        self.wall = 0.0
        self._row_of: dict[Task, Row] = {}
        self._rows: dict[tuple[str, str, int], Row] = {}
        self._alike: Counter[tuple[str, str]] = Counter()
        self._events: list[Event] = []

    def add(self, task: Task, begin: int, end: int) -> None:
        """Record one run of a task, from `begin` to `end` in nanoseconds."""
        row = self._row_of.get(task)
        if row is None:
            row = self._row_of[task] = self._row(task)
            row.tasks.append(task)
        row.add(task, (end - begin) * 1e-9)
        if len(self._events) < MOST_EVENTS:
            self._events.append((task, begin, end))

    def _row(self, task: Task) -> Row:
        """Return the row of a task and of those that are the same for other batches."""
        part = task.work.part
        key = part, task.name, task.number
        if key not in self._rows:
            self._alike[part, task.name] += 1
            turn = self._alike[part, task.name]
            name = f"{task.name} #{turn}" if turn > 1 else task.name
            self._rows[key] = Row(name, part)
        return self._rows[key]

    @property
    def rows(self) -> list[Row]:
        """A row for each task, those that took longest first."""
        return sorted(self._rows.values(), key=lambda row: -row.seconds)

    @property
    def seconds(self) -> float:
        """The time of all tasks together."""
        return total_seconds(list(self._rows.values()))

    @property
    def outputs(self) -> list[Node]:
        """The results of the program that took longest, as it was run.

        So ``cr.draw(profile, level="op")`` draws every operation that was run: of the
        forward pass, the backward pass and the update.

        Raises:
            GraphError: nothing has been run.
        """
        spent: dict[Work, float] = {}
        for row in self._rows.values():
            work = row.tasks[0].work
            spent[work] = spent.get(work, 0.0) + row.seconds
        if not spent:
            raise GraphError("nothing was run while this profile was recorded")
        return list(dict.fromkeys(max(spent, key=spent.__getitem__).roots))

    def table(self, most: int | None = 20, width: int | None = None) -> str:
        """Return a table of tasks by time.

        Columns: calls, milliseconds in all and as a share, microseconds for one call,
        bytes per second, as a share of what a copy of that size reaches on the device;
        arithmetic per second, as a share of what products reach.

        Args:
            most: rows for each kind of program; the others are added up in one more.
                None: all.
            width: characters in a line at most: names are shortened and columns left
                out until they fit. None: as many as needed.
        """
        heading = self._heading()
        lines = textwrap.wrap(heading, width) if width else [heading]
        table = TableText(list(self._rows.values()), self.speed)
        return "\n".join([*lines, *table.lines(most, width)])

    def _heading(self) -> str:
        rest = f"; {_ms(self.wall)} from beginning to end" if self.wall else ""
        return f"{self.device}: {_ms(self.seconds)} of computation{rest}"

    def save_trace(self, path: str | Path) -> Path:
        """Write every run of a task as a Chrome trace: open it in ui.perfetto.dev.

        Raises:
            OutputError: the file cannot be written.
        """
        return save_trace(path, self.device, self._events)

    def __str__(self) -> str:
        return self.table()

    def __repr__(self) -> str:
        return (
            f"<Profile of {self.device}: {len(self._rows)} rows, "
            f"{_ms(self.seconds)}; .table(), .save_trace('trace.json')>"
        )

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self.table())}</pre>"


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:,.1f} ms"
