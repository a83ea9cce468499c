"""Threads: where those of a processor's driver run."""

from __future__ import annotations

import os

VARIABLE = "POCL_AFFINITY"
"""What PoCL is told by whether it keeps each of its threads on a core of its own."""


def keep_in_place() -> None:
    """Let PoCL keep each thread on its core, if this process may use all of them.

    Where two that wait for each other shared a core, they would take turns.
    """
    if not hasattr(os, "sched_getaffinity"):
        return
    if len(os.sched_getaffinity(0)) == os.cpu_count():
        os.environ.setdefault(VARIABLE, "1")


def are_kept_in_place() -> bool:
    """Return whether PoCL keeps each of its threads on a core of its own."""
    return os.environ.get(VARIABLE) == "1"
