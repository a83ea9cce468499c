"""One framework in a process of its own, so that thread pools do not meet.

Reads step counts from standard input and answers each with the seconds taken.
"""

from __future__ import annotations

import importlib
import sys
import time

from benchmarks.cases import CASES
from benchmarks.peers import PEERS

WARM_UP = 6
"""Seconds of steps before the first round: what compiles while it runs has done so."""


def main(peer: str, case: str) -> None:
    """Warm up, then serve rounds."""
    begin = time.perf_counter()
    run = importlib.import_module(f"benchmarks.peers.{PEERS[peer]}").make(CASES[case])
    count = 1
    while time.perf_counter() - begin < WARM_UP:
        run(count)
        count *= 2
    answer(time.perf_counter() - begin)
    for line in sys.stdin:
        answer(run(int(line)))


def answer(seconds: float) -> None:
    """Write a line at once."""
    sys.stdout.write(f"{seconds}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
