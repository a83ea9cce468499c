"""Profiling a training: times are noted while it goes on, and shown when it ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from chainrule.training.history import History
from chainrule.training.request import Request


@contextmanager
def profiling(history: History, request: Request) -> Iterator[None]:
    """Note how long each kernel takes in the block, if asked for, and print that.

    Whatever ends the block, the profile is in the history. If it was not asked for,
    none is there: that of an earlier training does not stay.

    Raises:
        BackendError: the backend cannot profile, or is being profiled already.
    """
    history.profile = None
    if not request.profile:
        yield
        return
    try:
        with request.backend.profiled() as history.profile:
            yield
    finally:
        if history.profile is not None:
            _show(str(history.profile))


def _show(table: str) -> None:
    from rich.console import Console  # slow to import

    Console(soft_wrap=True).print(table, markup=False, highlight=False)
