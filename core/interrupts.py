"""Interrupting signals: handled in a program, in a training run, and during a save.

Ctrl-C (SIGINT) raises KeyboardInterrupt, as Python does it. In the command line SIGTERM
and SIGHUP do the same. In a training run the first of them ends the run after the
current step, never within one; while results are saved all of them wait.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

SIGNALS = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    if hasattr(signal, name)
)
"""The signals that interrupt; Windows has no SIGHUP."""
FIRST_CODE = 128
"""A program that a signal ended has this exit code plus the signal's number."""

Act = Callable[[int], object]


class Interrupted(KeyboardInterrupt):
    """A signal that interrupts.

    Attributes:
        signum: its number.
    """

    def __init__(self, signum: int) -> None:
        super().__init__()
        self.signum = signum


class Handler:
    """A handler of signals that tells the first one from later ones.

    Args:
        act: called with the number of the first signal.
        again: called with the number of any later one.

    Attributes:
        first: the number of the first signal that came, or 0.
    """

    def __init__(self, act: Act, again: Act) -> None:
        self.first = 0
        self._act = act
        self._again = again

    def __call__(self, signum: int, frame: FrameType | None = None) -> None:
        """Handle a signal."""
        act = self._again if self.first else self._act
        self.first = self.first or signum
        act(signum)


@contextmanager
def interruptible(stop: Callable[[], None]) -> Iterator[Handler]:
    """Let the first signal in the block call `stop`; a second one raises.

    One that came before, and has to wait for the end of a block around this, calls it
    at once.
    """
    handler = Handler(lambda signum: stop(), _raise)
    with _handled_by(handler) as earlier:
        waiting = [e.first for e in earlier if isinstance(e, Handler) and e.first]
        if waiting and not handler.first:
            handler(waiting[0])
        yield handler


@contextmanager
def held() -> Iterator[None]:
    """Let signals wait until the block has ended, unless a run in it heeds them.

    Raises:
        Interrupted: a signal came; it is raised after the block.
    """
    handler = Handler(_ignore, _ignore)
    with _handled_by(handler):
        yield
    if handler.first:
        raise Interrupted(handler.first)


def run_program(work: Callable[[], object]) -> NoReturn:
    """Do all that a program does, and exit with the code that is documented.

    A signal that ends it gives `FIRST_CODE` plus its number, whenever it comes; a
    second one, while the first is still unwinding, ends the process at once. Once the
    work is done, signals change nothing any more.
    """
    program = Handler(_raise, lambda signum: os._exit(FIRST_CODE + signum))
    usual = (signal.SIG_DFL, signal.default_int_handler)  # not ignored, as by nohup
    handled = [signum for signum in SIGNALS if signal.getsignal(signum) in usual]
    code: Any = 0
    try:
        try:
            for signum in handled:
                signal.signal(signum, program)
            work()
        finally:
            for signum in handled:
                signal.signal(signum, signal.SIG_IGN)
    except SystemExit as end:
        code = end.code
    except KeyboardInterrupt as error:
        code = code_of(error)
    raise SystemExit(FIRST_CODE + program.first if program.first else code)


def code_of(error: KeyboardInterrupt) -> int:
    """Return the exit code of a program that was interrupted."""
    return FIRST_CODE + getattr(error, "signum", signal.SIGINT)


def _raise(signum: int) -> NoReturn:
    raise Interrupted(signum)


def _ignore(signum: int) -> None:
    pass


@contextmanager
def _handled_by(handler: Handler) -> Iterator[list[Any]]:
    """Set the handler of the signals that interrupt; yield the earlier handlers.

    Signals that are ignored, that other code handles, or that end the process stay
    as they are. Only the main thread may set handlers.
    """
    earlier: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        found = {signum: signal.getsignal(signum) for signum in SIGNALS}
        earlier = {
            signum: now
            for signum, now in found.items()
            if now is signal.default_int_handler or isinstance(now, Handler)
        }
    try:
        for signum in earlier:
            signal.signal(signum, handler)
        yield list(earlier.values())
    finally:
        for signum, before in earlier.items():
            signal.signal(signum, before)
