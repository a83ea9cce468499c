"""Look for graphs that are computed wrongly, and print the smallest one as a script."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence

import click

from chainrule.testing.fuzz.check import Trial, fails, together
from chainrule.testing.fuzz.generate import trials
from chainrule.testing.fuzz.script import script
from chainrule.testing.fuzz.shrink import shrunk

IN_ONE_PROGRAM = {"numpy": 1, "blocked": 1, "loops": 1, "numba": 16}
"""How many graphs a program computes: many where compiling one takes long."""
ELSEWHERE = 32
EVERY = 30.0
"""Seconds between two lines that tell how far it is."""


@click.command("python -m chainrule.testing.fuzz")
@click.option("--minutes", default=1.0, show_default=True, help="How long to look.")
@click.option(
    "--path",
    default="numpy",
    show_default=True,
    help="What computes: a backend, or blocked, loops or numba.",
)
@click.option("--seed", default=0, show_default=True, help="Where to begin.")
def main(minutes: float, path: str, seed: int) -> None:
    """Compare random graphs, computed with all passes, with what is written.

    Exits with 1 if values, first or second derivatives differ by more than rounding.
    """
    found = trials(path, seed)
    begin = told = time.monotonic()
    count = 0
    while (now := time.monotonic()) < begin + 60 * minutes:
        batch = list(itertools.islice(found, IN_ONE_PROGRAM.get(path, ELSEWHERE)))
        if fails(together(batch)):
            click.echo(_failure(batch))
            raise SystemExit(1)
        count += len(batch)
        if now > told + EVERY:
            told = now
            click.echo(f"{count} graphs, {count / (now - begin):.1f} a second")
    seconds = time.monotonic() - begin
    click.echo(
        f"{count} graphs on {path} in {seconds:.0f} s from seed {seed}: all well"
    )


def _failure(batch: Sequence[Trial]) -> str:
    """Return the script of the smallest graph that fails."""
    trial = next((each for each in batch if fails(each)), together(batch))
    return script(shrunk(trial, fails))


if __name__ == "__main__":
    main()
