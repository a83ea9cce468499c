"""Ways to run a program that are chosen for large arrays, forced on small ones.

Tests run small programs in each of them; see `chainrule.kinds.backend.Backend.ways`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeAlias

import numpy as np

from chainrule.backends.numpy import (
    blocked_loop,
    compiled_loop,
    executable,
    scatter,
    script,
)
from chainrule.backends.numpy.jit import jitted

Way: TypeAlias = Callable[[], AbstractContextManager[object]]

_jitted = functools.lru_cache(maxsize=1 << 13)(jitted.__wrapped__)
"""As many loops of small programs are held as they have in common."""


@contextmanager
def _set(*values: tuple[Any, str, object]) -> Iterator[None]:
    """Give attributes of modules other values in a block."""
    before = [(module, name, getattr(module, name)) for module, name, _ in values]
    try:
        for module, name, value in values:
            setattr(module, name, value)
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)


def _blocked() -> AbstractContextManager[object]:
    return _set(
        (blocked_loop, "BLOCKED_FROM", 2),
        (blocked_loop, "BLOCK", 4),
        (scatter, "BLOCK", 4),
    )


def _numba() -> AbstractContextManager[object]:
    return _set(
        (compiled_loop, "COMPILED_FROM", 2),
        (executable, "LOOPS_AFTER", -1.0),
        (script, "jitted", _jitted),
    )


@contextmanager
def _loops() -> Iterator[None]:
    with (
        _numba(),
        _set(
            (script, "jitted", _as_python),
            (script, "compile_for", lambda loop, arrays: None),
            (executable, "numba_version", lambda: "Python"),
        ),
    ):
        yield


def _as_python(text: str, dtype: str) -> Any:
    """Return the function ``loop`` that a text defines, not compiled."""
    to_float = np.dtype(dtype).type
    namespace = {
        "to_float": to_float, "zero": to_float(0), "one": to_float(1),
        "absolute": np.absolute, "sqrt": np.sqrt,
    }  # fmt: skip
    exec(compile(text, "<chainrule loop>", "exec"), namespace)
    return namespace["loop"]


WAYS: Mapping[str, Way] = {"blocked": _blocked, "numba": _numba, "loops": _loops}
"""In blocks; in loops that Numba compiles; in the same loops, run by Python."""
