"""Just-in-time compilation of loops, for those who have Numba installed."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt


@functools.cache
def numba_version() -> str:
    """Return the version of Numba, or an empty string if it cannot be used."""
    try:
        import numba
    except (ImportError, OSError):  # or it does not know this NumPy, or lacks LLVM
        return ""
    return "" if getattr(numba.config, "DISABLE_JIT", 0) else str(numba.__version__)


@functools.lru_cache(maxsize=256)
def jitted(text: str, dtype: str) -> Any:
    """Return the function ``loop`` that a text defines, for Numba to compile.

    Args:
        text: its source, which may call the functions of
            `chainrule.program.scalars.OF_NUMBERS` whose results are exact.
        dtype: what a float is in it.
    """
    import numba

    to_float = np.dtype(dtype).type
    namespace = {
        "to_float": to_float, "zero": to_float(0), "one": to_float(1),
        "absolute": abs, "sqrt": math.sqrt,
    }  # fmt: skip
    exec(compile(text, "<chainrule loop>", "exec"), namespace)
    # In NumPy's error model a division by zero gives infinity.
    return numba.njit(error_model="numpy", nogil=True)(namespace["loop"])


def compile_for(loop: Any, arrays: Sequence[npt.NDArray[Any]]) -> None:
    """Compile a loop for arrays of this kind, so that its first call is fast too."""
    import numba

    loop.compile(tuple(map(numba.typeof, arrays)))
