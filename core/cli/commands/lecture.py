"""``chainrule lecture``: the topics of an introduction, run and written as pages."""

from __future__ import annotations

import os

import click

from chainrule.cli.output import echo, writable_folder


@click.command("lecture")
@click.argument("topics", metavar="[TOPIC]...", nargs=-1)
@click.option(
    "--out",
    default="chainrule-lecture",
    show_default=True,
    help="Folder for the pages.",
)
@click.option("--backend", help="Where to run; see chainrule devices.")
@click.option(
    "--config", metavar="TOML", help="The example that the topics follow: x, weights, …"
)
def command(
    topics: tuple[str, ...], out: str, backend: str | None, config: str | None
) -> None:
    """Run an introduction to deep learning, and write it as pages.

    Each TOPIC is a page with formulas, the code that makes the figures, and the
    figures, also as SVG and PNG; besides there are notebooks. Without a TOPIC all are
    made.
    """
    from chainrule.execution import open_backend
    from chainrule.execution.opening import VARIABLE
    from chainrule.lecture.deck import write_deck
    from chainrule.lecture.example import read_example
    from chainrule.lecture.topic import NAMES, read_topic

    chosen = [read_topic(name) for name in topics or NAMES]
    example = read_example(config)
    folder = writable_folder(out)
    if backend is not None:
        open_backend(backend)
        os.environ[VARIABLE] = backend  # also where the code of a page names none
    for made in write_deck(chosen, example, folder):
        echo(f"{made.page.name:24} {made.seconds:5.1f} s  {made.topic.title}")
    echo(f"open {folder.resolve() / 'index.html'}")
