"""Quiet imports: what plugins print while they are imported goes to stderr."""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


class _Quiet:
    """Where stdout was before the first of the blocks that are open now."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open = 0
        self._stdout: TextIO = sys.stdout

    def enter(self) -> None:
        with self._lock:
            if not self._open:
                self._stdout, sys.stdout = sys.stdout, sys.stderr or io.StringIO()
            self._open += 1

    def leave(self) -> None:
        with self._lock:
            self._open -= 1
            if not self._open:
                sys.stdout = self._stdout


_quiet = _Quiet()


@contextmanager
def quiet() -> Iterator[None]:
    """Send what is printed in the block to stderr, or JSON on stdout would be spoilt.

    Several threads may be in such blocks; the last one restores stdout.
    """
    _quiet.enter()
    try:
        yield
    finally:
        _quiet.leave()
