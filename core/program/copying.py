"""Copies of large arrays, made by two threads at once.

One core cannot use all that the memory can deliver.
"""

from __future__ import annotations

from collections.abc import Iterable
from threading import Thread
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Copies = Iterable[tuple[Array, Array]]
"""Contiguous arrays, each with an array of its shape that is copied into it."""

LARGE = 1 << 24
"""Bytes from which on a second thread gains more time than it takes to wake it."""


def copy_in_turn(copies: Copies) -> None:
    """Copy arrays one after the other."""
    for target, source in copies:
        np.copyto(target, source)


def copy_at_once(copies: Copies) -> None:
    """Copy arrays; if they are large, half of each in a second thread."""
    copies = list(copies)
    if sum(target.nbytes for target, _ in copies) < LARGE:
        copy_in_turn(copies)
        return
    flat = [(target.reshape(-1), source.reshape(-1)) for target, source in copies]
    halves = [(target, source, target.size // 2) for target, source in flat]
    second = [(target[half:], source[half:]) for target, source, half in halves]
    helper = Thread(target=copy_in_turn, args=(second,))
    try:
        try:
            helper.start()
        except RuntimeError:  # there can be no more threads
            copy_in_turn(second)
        copy_in_turn((target[:half], source[:half]) for target, source, half in halves)
    finally:
        _wait_for(helper)


def _wait_for(thread: Thread) -> None:
    """Wait until a thread has ended, and then raise what has interrupted that."""
    interrupt: BaseException | None = None
    while thread.is_alive():
        try:
            thread.join()
        except BaseException as error:
            interrupt = error
    if interrupt is not None:
        raise interrupt
