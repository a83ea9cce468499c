"""Profiles: how long each kernel of a program took, and how near that is to the best.

::

    history = model.fit(x, y, loss="mse", profile=True)
    print(history.profile.table())
    history.profile.save_trace("trace.json")  # for ui.perfetto.dev or chrome://tracing
    cr.draw(model, level="op", times=history.profile)
"""

from __future__ import annotations

import html
import json
import math
import textwrap
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from chainrule.errors import BackendError, GraphError, OutputError
from chainrule.node import Node

if TYPE_CHECKING:
    from chainrule.profile.work import Work

MOST_EVENTS = 1 << 18
"""Runs of kernels that a trace holds; later ones are in the table alone."""
SMALLEST, LARGEST = 1 << 12, 1 << 26
"""Bytes moved by the smallest and the largest copy that is measured."""


@dataclass(frozen=True, eq=False)
class Kernel:
    """A piece of a program that is timed: a line of code, or a kernel on a device.

    Attributes:
        name: where it belongs and what it does, such as ``dense_1/matmul``.
        number: tells it from others of one name in its program.
        nodes: the nodes of the lowered program that it computes, operands first.
        nbytes: bytes that it reads from others or leaves for others, in one run.
        flops: arithmetic operations in one run: two for each step of a product, one
            for each element of any other result.
        work: the program that it is a piece of.
    """

    name: str
    number: int
    nodes: tuple[Node, ...] = field(repr=False)
    nbytes: int
    flops: int
    work: Work = field(repr=False)


@dataclass(eq=False)
class Row:
    """All runs of one kernel, whatever the size of the batch.

    Attributes:
        name: where it belongs and what it does; a second kernel that does the same has
            "#2" behind it.
        part: what kind of program it is in: "training step" or "evaluation".
        kernels: the kernel, once for each size of batch.
        calls: how often it was run.
        seconds: the time of all runs.
        nbytes: bytes read and written in all runs.
        flops: arithmetic operations in all runs.
    """

    name: str
    part: str
    kernels: list[Kernel] = field(default_factory=list, repr=False)
    calls: int = 0
    seconds: float = 0.0
    nbytes: int = 0
    flops: int = 0


class Speed:
    """The best that a device can do, measured when somebody asks.

    Args:
        copy: bytes → bytes per second of a copy that reads and writes so many in all.
        multiply: ``"float32"`` or ``"float64"`` → operations per second.
    """

    def __init__(
        self, copy: Callable[[int], float], multiply: Callable[[str], float]
    ) -> None:
        self._copy, self._multiply = copy, multiply
        self._copied: dict[int, float] = {}
        self._multiplied: dict[str, float] = {}

    def bandwidth(self, nbytes: float) -> float:
        """Return the bytes per second of a copy of about this size.

        Sizes are told apart by powers of four: what lies in a cache is held against a
        copy that lies in that cache.
        """
        size = 4 ** round(math.log(max(nbytes, 1), 4))
        size = min(max(size, SMALLEST), LARGEST)
        if size not in self._copied:
            self._copied[size] = self._copy(size)
        return self._copied[size]

    def peak(self, dtype: str) -> float:
        """Return the arithmetic operations per second at best."""
        if dtype not in self._multiplied:
            self._multiplied[dtype] = self._multiply(dtype)
        return self._multiplied[dtype]


class Profile:
    """How long each kernel took; printed, it is a table.

    Attributes:
        device: what the kernels ran on.
        speed: the best that the device can do.
        wall: seconds from beginning to end, with all that happens between kernels.
    """

    def __init__(self, device: str, speed: Speed) -> None:
        self.device = device
        self.speed = speed
        self.wall = 0.0
        self._row_of: dict[Kernel, Row] = {}
        self._rows: dict[tuple[str, str, int], Row] = {}
        self._alike: Counter[tuple[str, str]] = Counter()
        self._events: list[tuple[Kernel, int, int]] = []

    def add(self, kernel: Kernel, begin: int, end: int) -> None:
        """Note one run of a kernel, from `begin` to `end` in nanoseconds."""
        row = self._row_of.get(kernel)
        if row is None:
            part = kernel.work.part
            key = part, kernel.name, kernel.number
            if key not in self._rows:
                self._alike[part, kernel.name] += 1
                turn = self._alike[part, kernel.name]
                name = f"{kernel.name} #{turn}" if turn > 1 else kernel.name
                self._rows[key] = Row(name, part)
            row = self._rows[key]
            row.kernels.append(kernel)
            self._row_of[kernel] = row
        row.calls += 1
        row.seconds += (end - begin) * 1e-9
        row.nbytes += kernel.nbytes
        row.flops += kernel.flops
        if len(self._events) < MOST_EVENTS:
            self._events.append((kernel, begin, end))

    @property
    def rows(self) -> list[Row]:
        """The kernels, those that took longest first."""
        return sorted(self._rows.values(), key=lambda row: -row.seconds)

    @property
    def seconds(self) -> float:
        """The time of all kernels together."""
        return math.fsum(row.seconds for row in self._rows.values())

    @property
    def outputs(self) -> list[Node]:
        """The results of the program that took longest, as it was run.

        So ``cr.draw(profile, level="op")`` draws every operation that there was: of the
        forward pass, the backward pass and the update.

        Raises:
            GraphError: nothing has been run.
        """
        spent: dict[Work, float] = {}
        for row in self._rows.values():
            work = row.kernels[0].work
            spent[work] = spent.get(work, 0.0) + row.seconds
        if not spent:
            raise GraphError("nothing was run while this profile was made")
        return list(dict.fromkeys(max(spent, key=spent.__getitem__).roots))

    def table(self, most: int | None = 20, width: int | None = None) -> str:
        """Return a table of kernels by time.

        Columns: calls, milliseconds in all and as a share, microseconds for one call,
        bytes per second, as a share of what a copy of that size reaches on the device;
        arithmetic per second, as a share of what products reach.

        Args:
            most: rows for each kind of program; the others are added up in one more.
                None: all.
            width: characters in a line at most: names are shortened and columns left
                out until they fit. None: as many as there are.
        """
        heading = self._heading()
        lines = textwrap.wrap(heading, width) if width else [heading]
        for part in dict.fromkeys(row.part for row in self._rows.values()):
            lines += ["", *self._section(part, most, width)]
        return "\n".join(lines)

    def _heading(self) -> str:
        rest = f"; {_ms(self.wall)} from beginning to end" if self.wall else ""
        return f"{self.device}: {_ms(self.seconds)} in kernels{rest}"

    def _section(self, part: str, most: int | None, width: int | None) -> list[str]:
        rows = [row for row in self.rows if row.part == part]
        shown = rows if most is None or len(rows) <= most + 1 else rows[:most]
        table = [(part, *_COLUMNS), *(self._cells(row) for row in shown)]
        if len(shown) < len(rows):
            name = f"… {len(rows) - len(shown)} others"
            table.append(self._total(name, rows[len(shown) :]))
        table.append(self._total("together", rows))
        if width is not None:
            table = _fitted(table, width)
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        return [_aligned(cells, widths) for cells in table]

    def _total(self, name: str, rows: Sequence[Row]) -> tuple[str, ...]:
        calls, seconds = sum(r.calls for r in rows), math.fsum(r.seconds for r in rows)
        return name, f"{calls:,}", *self._times(seconds), "", "", "", "", ""

    def _times(self, seconds: float) -> tuple[str, str]:
        share = seconds / self.seconds if self.seconds else 0.0
        return f"{seconds * 1e3:.3f}", f"{share:.1%}"

    def _cells(self, row: Row) -> tuple[str, ...]:
        name = _shortened(row.name, 44)
        each = f"{row.seconds / row.calls * 1e6:.1f}"
        moved = _rates(row.nbytes, row.seconds, self._bandwidth(row))
        done = _rates(row.flops, row.seconds, self._peak(row))
        times = self._times(row.seconds)
        return name, f"{row.calls:,}", *times, each, *moved, *done

    def _bandwidth(self, row: Row) -> float:
        try:
            return self.speed.bandwidth(row.nbytes / row.calls)
        except BackendError:  # the device is gone; what was measured is not
            return math.inf

    def _peak(self, row: Row) -> float:
        """Return the best arithmetic rate, measured or met in the profile itself."""
        if not row.flops:
            return math.inf
        dtype = row.kernels[0].work.dtype
        alike = [r for r in self._rows.values() if r.kernels[0].work.dtype == dtype]
        met = max(r.flops / r.seconds if r.seconds else 0.0 for r in alike)
        try:
            return max(self.speed.peak(dtype), met)
        except BackendError:
            return math.inf

    def save_trace(self, path: str | Path) -> Path:
        """Write every run of a kernel as a Chrome trace: open it in ui.perfetto.dev.

        Raises:
            OutputError: the file cannot be written.
        """
        start = min((begin for _, begin, _ in self._events), default=0)
        parts = list(dict.fromkeys(kernel.work.part for kernel, _, _ in self._events))
        named = [("process_name", 0, self.device)]
        named += [("thread_name", tid, part) for tid, part in enumerate(parts)]
        events: list[dict[str, object]] = [
            {"name": what, "ph": "M", "pid": 0, "tid": tid, "args": {"name": name}}
            for what, tid, name in named
        ]
        events += [
            {
                "name": kernel.name, "cat": kernel.work.part, "ph": "X",
                "pid": 0, "tid": parts.index(kernel.work.part),
                "ts": (begin - start) / 1000, "dur": (end - begin) / 1000,
                "args": {"bytes": kernel.nbytes, "flops": kernel.flops},
            }
            for kernel, begin, end in self._events
        ]  # fmt: skip
        file = Path(path)
        try:
            with file.open("w", encoding="utf-8") as stream:
                json.dump({"traceEvents": events, "displayTimeUnit": "ns"}, stream)
        except OSError as error:
            raise OutputError(f"cannot write {file}: {error}") from error
        return file

    def __str__(self) -> str:
        return self.table()

    def __repr__(self) -> str:
        return (
            f"<Profile of {self.device}: {len(self._rows)} kernels, "
            f"{_ms(self.seconds)}; .table(), .save_trace('trace.json')>"
        )

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self.table())}</pre>"


_COLUMNS = (
    "calls", "ms", "of all", "µs each", "GB/s", "of copy", "GFLOP/s", "of peak",
)  # fmt: skip


_DISPENSABLE = (
    "GFLOP/s", "GB/s", "calls", "µs each", "of peak", "of copy",
)  # fmt: skip
"""Columns that are left out where there is no room, the first one first."""
READABLE = 26
"""Characters of a name that are worth a column."""


def _fitted(table: Sequence[tuple[str, ...]], width: int) -> list[tuple[str, ...]]:
    """Leave out columns, then shorten names, until lines are no wider than `width`."""
    columns = list(zip(*table, strict=True))
    names = columns[0]
    for name in (None, *_DISPENSABLE):
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


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:,.1f} ms"
