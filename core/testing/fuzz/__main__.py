"""Look for graphs that are computed wrongly, and print the smallest one as a script."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import click

from chainrule.execution import open_backend
from chainrule.testing.fuzz.check import Trial
from chainrule.testing.fuzz.generate import trials
from chainrule.testing.fuzz.script import script
from chainrule.testing.fuzz.shrink import shrunk

EVERY = 30.0
"""Seconds between two lines that tell how far it is."""


@click.command("python -m chainrule.testing.fuzz")
@click.option("--minutes", default=1.0, show_default=True, help="How long to look.")
@click.option("--graphs", default=math.inf, help="After how many graphs to stop.")
@click.option(
    "--path",
    "paths",
    default=["numpy"],
    show_default=True,
    multiple=True,
    help="What computes: a backend, or blocked, loops or numba; all: each of them.",
)
@click.option("--seed", default=0, show_default=True, help="Where to begin.")
@click.option("--together", default=32, show_default=True, help="Graphs in a program.")
def main(
    minutes: float, graphs: float, paths: Sequence[str], seed: int, together: int
) -> None:
    """Compare random graphs, computed with all passes, with what is written.

    A graph is drawn once and computed on every path that is given; on hard numbers by
    NumPy only, whose arithmetic is the definition. Goes on after what is wrong, and
    exits with 1 if values, first or second derivatives anywhere differ by more than
    rounding.
    """
    if "all" in paths:
        paths = ["numpy", *open_backend("numpy").ways(), "opencl"]
    begin = told = time.monotonic()
    count: Counter[str] = Counter()
    wrong = 0
    for trial in trials(seed, together):
        for path in paths:
            if trial.hard and path != "numpy":
                continue
            if found := trial.wrong(path):
                click.echo(_failure(trial, path, sorted(found)))
                wrong += len(found)
            count[path] += len(trial.problems)
        now = time.monotonic()
        if now > told + EVERY:
            told = now
            click.echo(_summary(count, now - begin))
        if now > begin + 60 * minutes or min(count[x] for x in paths) >= graphs:
            break
    verdict = f"{wrong} wrong" if wrong else "all well"
    click.echo(f"{_summary(count, now - begin)}, from seed {seed}: {verdict}")
    raise SystemExit(int(wrong > 0))


def _summary(count: Counter[str], seconds: float) -> str:
    told = ", ".join(
        f"{path} {n} graphs ({n / seconds:.1f} a second)" for path, n in count.items()
    )
    return f"{told or 'no graph'} in {seconds:.0f} s"


def _failure(trial: Trial, path: str, wrong: Sequence[int]) -> str:
    """Return the script of the smallest graph that fails."""
    few = replace(trial, problems=tuple(trial.problems[i] for i in wrong))
    failing = few if few.fails(path) else trial
    return script(shrunk(failing, lambda smaller: smaller.fails(path)), path)


if __name__ == "__main__":
    main()
