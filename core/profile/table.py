"""The table of a profile: a row for each task, with rates and shares of the best."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from chainrule.errors import BackendError
from chainrule.profile.speed import Speed
from chainrule.profile.work import Task
from chainrule.terminal import visible_line

COLUMNS = (
    "calls", "ms", "of all", "µs each", "GB/s", "of copy", "GFLOP/s", "of peak",
)  # fmt: skip
DISPENSABLE = (
    "GFLOP/s", "GB/s", "calls", "µs each", "of peak", "of copy",
)  # fmt: skip
"""Columns that are left out where there is no room, the first one first."""
READABLE = 26
"""Characters of a name that are worth a column."""
LONGEST_NAME = 44


@dataclass(eq=False)
class Row:
    """All runs of one task, for batches of any size.

    Attributes:
        name: where it belongs and what it does; "#2" follows the name of a second task
            that does the same.
        part: what kind of program it is in: "training step" or "evaluation".
        tasks: the task, once for each size of batch.
        calls: how often it was run.
        seconds: the time of all runs.
        nbytes: bytes read and written in all runs.
        flops: arithmetic operations in all runs.
    """

    name: str
    part: str
    tasks: list[Task] = field(default_factory=list, repr=False)
    calls: int = 0
    seconds: float = 0.0
    nbytes: int = 0
    flops: int = 0

    def add(self, task: Task, seconds: float) -> None:
        """Add one run of one of its tasks."""
        self.calls += 1
        self.seconds += seconds
        self.nbytes += task.nbytes
        self.flops += task.flops

    @property
    def dtype(self) -> str:
        """The dtype of floats in its program."""
        return self.tasks[0].work.dtype


class TableText:
    """Rows as text.

    Args:
        rows: the rows, in any order; the kinds of programs keep theirs.
        speed: the best that the device can do.
    """

    def __init__(self, rows: Sequence[Row], speed: Speed) -> None:
        self._rows = sorted(rows, key=lambda row: -row.seconds)
        self._parts = list(dict.fromkeys(row.part for row in rows))
        self._speed = speed
        self._seconds = total_seconds(rows)

    def lines(self, most: int | None, width: int | None) -> Iterator[str]:
        """Yield a section for each kind of program; see `Profile.table`."""
        for part in self._parts:
            yield ""
            yield from self._section(part, most, width)

    def _section(self, part: str, most: int | None, width: int | None) -> list[str]:
        rows = [row for row in self._rows if row.part == part]
        shown = rows if most is None or len(rows) <= most + 1 else rows[:most]
        table = [(part, *COLUMNS), *(self._cells(row) for row in shown)]
        if len(shown) < len(rows):
            name = f"… {len(rows) - len(shown)} others"
            table.append(self._total(name, rows[len(shown) :]))
        table.append(self._total("together", rows))
        if width is not None:
            table = _fitted(table, width)
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        return [_aligned(cells, widths) for cells in table]

    def _total(self, name: str, rows: Sequence[Row]) -> tuple[str, ...]:
        calls = sum(row.calls for row in rows)
        return name, f"{calls:,}", *self._times(total_seconds(rows)), "", "", "", "", ""

    def _cells(self, row: Row) -> tuple[str, ...]:
        name = _shortened(visible_line(row.name), LONGEST_NAME)
        each = f"{row.seconds / row.calls * 1e6:.1f}"
        moved = _rates(row.nbytes, row.seconds, self._bandwidth(row))
        done = _rates(row.flops, row.seconds, self._peak(row))
        times = self._times(row.seconds)
        return name, f"{row.calls:,}", *times, each, *moved, *done

    def _times(self, seconds: float) -> tuple[str, str]:
        share = seconds / self._seconds if self._seconds else 0.0
        return f"{seconds * 1e3:.3f}", f"{share:.1%}"

    def _bandwidth(self, row: Row) -> float:
        try:
            return self._speed.bandwidth(row.nbytes / row.calls)
        except BackendError:  # the device is gone; what was measured is not
            return math.inf

    def _peak(self, row: Row) -> float:
        """Return the best arithmetic rate, measured or met in the profile itself."""
        if not row.flops:
            return math.inf
        alike = [other for other in self._rows if other.dtype == row.dtype]
        met = max(r.flops / r.seconds if r.seconds else 0.0 for r in alike)
        try:
            return max(self._speed.peak(row.dtype), met)
        except BackendError:
            return math.inf


def total_seconds(rows: Sequence[Row]) -> float:
    """Return the time of some rows together."""
    return math.fsum(row.seconds for row in rows)


def _fitted(table: Sequence[tuple[str, ...]], width: int) -> list[tuple[str, ...]]:
    """Leave out columns, then shorten names, until no line is wider than `width`."""
    columns = list(zip(*table, strict=True))
    names = columns[0]
    for name in (None, *DISPENSABLE):
        columns = [column for column in columns if column[0] != name]
        room = width - sum(2 + max(map(len, column)) for column in columns[1:])
        if room >= min(READABLE, max(map(len, names))):
            break
    columns[0] = tuple(_shortened(name, max(room, 1)) for name in names)
    return list(zip(*columns, strict=True))


def _shortened(text: str, room: int) -> str:
    """Return a text with its middle left out, if it is longer than `room`."""
    if len(text) <= room:
        return text
    end = (room - 1) // 2
    return f"{text[: room - 1 - end]}…{text[len(text) - end :]}"


def _rates(amount: int, seconds: float, best: float) -> tuple[str, str]:
    """Write billions per second, and which share of the best that is."""
    if not amount or not seconds:
        return "", ""
    rate = amount / seconds
    return f"{rate * 1e-9:.1f}", f"{rate / best:.0%}" if best < math.inf else "?"


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Put cells side by side, the first to the left, numbers to the right."""
    first, *others = zip(cells, widths, strict=True)
    text = first[0].ljust(first[1])
    return (text + "".join(cell.rjust(width + 2) for cell, width in others)).rstrip()
