"""Profiling a training: times are noted while it goes on, and shown when it ends."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from chainrule.profile.profile import Profile
from chainrule.training.history import History
from chainrule.training.options import Request


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
            _show(history.profile)


PLAIN = str.maketrans({"∂": "d", "µ": "u", "…": "~"})
"""What is printed for the letters of a profile where the output has only ASCII."""


def _show(profile: Profile) -> None:
    """Print a profile, no wider than the terminal; a failure does not undo training."""
    with suppress(OSError, ValueError):  # nobody reads, or the output is closed
        on_terminal = sys.stdout.isatty()
        width = shutil.get_terminal_size().columns if on_terminal else None
        table = profile.table(width=width)
        encoding = sys.stdout.encoding or "utf-8"
        try:
            table.encode(encoding)
        except UnicodeEncodeError:
            plain = table.translate(PLAIN)
            table = plain.encode(encoding, "replace").decode(encoding)
        sys.stdout.write(f"{table}\n")
