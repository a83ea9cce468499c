"""Time of a whole Adam step, for chainrule and for whichever peers are installed.

    python -m benchmarks.train_step [--case NAME] [--rounds N] [--json FILE]

Each framework runs in a process of its own; rounds are interleaved, so that other
work on the machine affects all alike. The table gives medians, and ratios to chainrule
from the same rounds.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.cases import CASES
from benchmarks.peers import PEERS

ROOT = Path(__file__).parent.parent
ROUND = 0.25
"""Seconds that one round of one framework should take."""
PAUSE = 0.3
"""Seconds between rounds: pools of threads go on spinning after their last task."""


class Worker:
    """A framework in its process."""

    def __init__(self, peer: str, case: str, python: str) -> None:
        self.peer = peer
        self.process = subprocess.Popen(
            [python, "-m", "benchmarks.worker", peer, case],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.count = 1
        self.times: list[float] = []

    def started(self) -> str:
        """Wait for the warm-up; return why it failed, or nothing."""
        assert self.process.stdout
        assert self.process.stderr
        if not self.process.stdout.readline():
            return (self.process.stderr.read().strip().splitlines() or ["no answer"])[
                -1
            ]
        once = max(self._ask(3) / 3, 1e-6)
        self.count = max(3, round(ROUND / once))
        return ""

    def round(self) -> None:
        """Do one round, when the threads of the framework before have gone to sleep."""
        time.sleep(PAUSE)
        self.times.append(self._ask(self.count) / self.count * 1e6)

    def _ask(self, count: int) -> float:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{count}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def stop(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()


def measure(case: str, rounds: int, pythons: dict[str, str]) -> dict[str, list[float]]:
    """Return µs per step of each round, for each framework that could be started.

    `pythons` has the interpreter of each.
    """
    workers = []
    for peer, python in pythons.items():
        worker = Worker(peer, case, python)
        reason = worker.started()
        if reason:
            sys.stderr.write(f"{peer}: left out: {reason}\n")
            worker.stop()
        else:
            workers.append(worker)
    for _ in range(rounds):
        for worker in workers:
            worker.round()
    for worker in workers:
        worker.stop()
    return {worker.peer: worker.times for worker in workers}


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--case", choices=CASES, action="append")
    parser.add_argument("--peer", choices=PEERS, action="append")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", type=Path)
    parser.add_argument(
        "--python", default=sys.executable, help="interpreter of the peers"
    )
    options = parser.parse_args()
    table = Table("MLP, batch", title="µs per Adam step (time ÷ chainrule's)")
    peers = options.peer or list(PEERS)
    for peer in peers:
        table.add_column(peer, justify="right")
    results = {}
    for case in options.case or CASES:
        times = results[case] = measure(
            case, options.rounds, dict.fromkeys(peers, options.python)
        )
        table.add_row(case, *(cell(times, peer) for peer in peers))
    Console(width=160).print(table)
    if options.json:
        machine = f"{platform.processor() or platform.machine()}, {platform.platform()}"
        options.json.write_text(
            json.dumps({"machine": machine, "µs": results}, indent=1)
        )


def cell(times: dict[str, list[float]], peer: str) -> str:
    """Write median and ratio; the ratio is the median of the rounds' ratios."""
    if peer not in times:
        return "–"
    text = f"{statistics.median(times[peer]):,.0f}"
    if peer == "chainrule" or "chainrule" not in times:
        return text
    ratios = [a / b for a, b in zip(times[peer], times["chainrule"], strict=True)]
    return f"{text} ({statistics.median(ratios):.2f})"


if __name__ == "__main__":
    main()
