"""chainrule as it is without the `fast` extra: NumPy's calls, nothing compiled."""

import sys

sys.modules["numba"] = None  # as if it were not installed

from benchmarks.peers.chainrule_fit import make  # noqa: E402

__all__ = ["make"]
