"""Look for pictures that lie: draw random networks, and read every picture back."""

from __future__ import annotations

import time

import click

from chainrule.testing.pictures.generate import sketch

EVERY = 30.0
"""Seconds between two lines that tell how far it is."""


@click.command("python -m chainrule.testing.pictures")
@click.option("--count", default=100, show_default=True, help="How many pictures.")
@click.option("--seed", default=0, show_default=True, help="Where to begin.")
def main(count: int, seed: int) -> None:
    """Draw random networks, and check everything that stands on the pictures.

    Exits with 1 if anything on them is false; says which pictures, and what.
    """
    told = time.monotonic()
    checked = unread = lies = 0
    for number in range(count):
        drawn = sketch(seed + number)
        report = drawn.diagram().proofread()
        checked += sum(report.counts.values())
        unread += len(report.unread)
        if report.wrong:
            lies += 1
            click.echo(f"{drawn}\n" + "\n".join(f"  {each}" for each in report.wrong))
        if (now := time.monotonic()) > told + EVERY:
            told = now
            click.echo(f"{number + 1} pictures, {lies} of them false")
    click.echo(
        f"{count} pictures from seed {seed}: {checked} statements checked, {unread} "
        f"formulas too long to be read, {lies} pictures false"
    )
    if lies:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
