"""Forks: a driver's threads do not exist in a process that was forked after its use."""

from __future__ import annotations

import os

from chainrule.errors import BackendError

FORKED = (
    "OpenCL was used before this process was forked, and its driver's threads are not "
    "here: start processes with multiprocessing.get_context('spawn'), or use "
    "backend='numpy'"
)

_users: set[int] = set()
"""The process in which a driver was loaded, if one was."""


def is_forked() -> bool:
    """Return whether the driver was loaded in another process, of which this is a copy.

    Whatever is then asked of it may wait forever.
    """
    return bool(_users) and os.getpid() not in _users


def note_use() -> None:
    """Note that this process is about to use a driver.

    Raises:
        BackendError: it was forked from one that has done so.
    """
    if is_forked():
        raise BackendError(FORKED)
    _users.add(os.getpid())
