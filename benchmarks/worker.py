"""One framework in a process of its own, so that thread pools do not meet.

Reads step counts from standard input and answers each with the seconds taken.
"""

from __future__ import annotations

import importlib
import sys
import time

from benchmarks.cases import CASES
from benchmarks.peers import PEERS


def main(peer: str, case: str) -> None:
    """Warm up, then serve rounds."""
    begin = time.perf_counter()
    run = importlib.import_module(f"benchmarks.peers.{PEERS[peer]}").make(CASES[case])
    for count in (1, 2, 5):
        run(count)
    answer(time.perf_counter() - begin)
    for line in sys.stdin:
        answer(run(int(line)))


def answer(seconds: float) -> None:
    """Write a line at once."""
    sys.stdout.write(f"{seconds}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
