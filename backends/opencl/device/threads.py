"""Threads: where those of a processor's driver run.

Where threads wait for each other, each needs a core of its own: two on one core would
take turns. A small step, which one thread does, should rather leave the host's thread
the core that it is on. So PoCL's threads are kept in place while it pays.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

VARIABLE = "POCL_AFFINITY"
"""Tells PoCL whether to keep each of its threads on a core of its own."""
TASKS = Path("/proc/self/task")


class Workers:
    """The threads of PoCL, as far as it is known which they are."""

    def __init__(self) -> None:
        self._cores: dict[int, int] = {}
        self._in_place = False

    @property
    def can_be_kept_in_place(self) -> bool:
        """Whether they are known, or on cores of their own anyway."""
        given = os.environ.get(VARIABLE) == "1" and _may_use_all_cores()
        return bool(self._cores) or given

    @contextmanager
    def opening(self) -> Iterator[None]:
        """Note which threads PoCL starts in a block, and let them run anywhere.

        Nothing is noted if this process may not use all cores, or not on Linux. Where
        somebody else has set the variable, PoCL does as it says.
        """
        if VARIABLE in os.environ or not _may_use_all_cores():
            yield
            return
        before = _threads()
        os.environ[VARIABLE] = "1"
        try:
            yield
        finally:
            del os.environ[VARIABLE]
            for thread in _threads() - before:
                self._note(thread)

    def keep(self, *, in_place: bool) -> None:
        """Keep each on its core from now on, or let them run anywhere."""
        if in_place is not self._in_place:
            self._in_place = in_place
            for thread, core in self._cores.items():
                _allow(thread, [core] if in_place else range(os.cpu_count() or 1))

    def _note(self, thread: int) -> None:
        with suppress(OSError):  # it has ended
            cores = os.sched_getaffinity(thread)
            if len(cores) == 1:
                (self._cores[thread],) = cores
        if thread in self._cores and not self._in_place:
            _allow(thread, range(os.cpu_count() or 1))


WORKERS = Workers()
"""Those of this process."""


def _allow(thread: int, cores: Iterable[int]) -> None:
    with suppress(OSError):  # it has ended, or this process was forked
        os.sched_setaffinity(thread, cores)


def _may_use_all_cores() -> bool:
    if not hasattr(os, "sched_getaffinity") or not TASKS.is_dir():
        return False
    cores = os.sched_getaffinity(0)
    return len(cores) > 1 and cores == {*range(os.cpu_count() or 1)}


def _threads() -> set[int]:
    return {int(path.name) for path in TASKS.iterdir()}
