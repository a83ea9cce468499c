"""Ctrl-C during training: it ends the run between two steps, never within one."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from chainrule.kinds.callback import Run
from chainrule.training.history import History


@contextmanager
def interruptible(run: Run, history: History) -> Iterator[None]:
    """Let Ctrl-C in the block stop a run after its current step; a second one raises.

    The history notes that it was interrupted.

    This works only in the main thread, which alone may set handlers, and only where
    Python's own handler is in place.
    """
    usual = threading.current_thread() is threading.main_thread() and (
        signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )
    if not usual:
        yield
        return

    def first(signum: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        history.interrupted = True
        run.stop()

    signal.signal(signal.SIGINT, first)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
