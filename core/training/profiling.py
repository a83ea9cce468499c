"""Profiling a training run: kernels are timed while it runs, and shown at its end."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from chainrule.kinds.backend import Backend
from chainrule.profile.profile import Profile
from chainrule.training.history import History


@contextmanager
def profiling(history: History, backend: Backend, wanted: bool) -> Iterator[None]:
    """Time every kernel in the block if that is wanted, and print the profile.

    However the block ends, the history has the profile. Without profiling it has none;
    one of an earlier run is removed.

    Raises:
        BackendError: the backend cannot profile, or is being profiled already.
    """
    history.profile = None
    if not wanted:
        yield
        return
    try:
        with backend.profiled() as history.profile:
            yield
    finally:
        if history.profile is not None:
            _show(history.profile)


PLAIN = str.maketrans({"∂": "d", "µ": "u", "…": "~"})
"""ASCII replacements for the letters of a profile."""


def _show(profile: Profile) -> None:
    """Print a profile, no wider than the terminal; a failure does not undo training."""
    with suppress(OSError, ValueError):  # the output is closed
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
