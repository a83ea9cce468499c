"""Graphviz's messages, which it would print on standard error."""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from chainrule.viz.formats.c_libraries import c_function

_Listener = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p)


@contextmanager
def graphviz_messages() -> Iterator[list[str]]:
    """Collect Graphviz's warnings and errors, piece by piece, while the block runs.

    Standard error is not redirected: other threads may write to it.
    """
    pieces: list[str] = []
    here = threading.get_ident()

    def listen(piece: bytes) -> int:
        if threading.get_ident() == here:
            pieces.append(piece.decode("utf-8", "replace"))
        else:
            os.write(2, piece)
        return 0

    listener = _Listener(listen)
    set_listener = c_function("cgraph", "agseterrf")
    if set_listener is None:
        yield pieces
        return
    set_listener.argtypes, set_listener.restype = [ctypes.c_void_p], ctypes.c_void_p
    before = set_listener(ctypes.cast(listener, ctypes.c_void_p))
    try:
        yield pieces
    finally:
        set_listener(before)
