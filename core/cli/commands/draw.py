"""``chainrule draw``: a graph as a picture, forward and backward."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from chainrule.cli.output import echo, echo_text
from chainrule.cli.subject import (
    subject,
    title_of,
    values_of,
    values_options,
)

RANKDIR = click.option(
    "--rankdir", default="LR", show_default=True, help="LR, TB, RL or BT."
)
DPI = click.option(
    "--dpi", type=click.IntRange(10, 1200),
    help="Resolution of a .png or .webp.  [default: 144]",
)  # fmt: skip
LOSS = click.option("--loss", metavar="NAME", help="Loss of a model, by name.")
FORMATS = ".svg, .svgz, .png, .webp, .pdf, .eps, .html, .tex, .tikz, .json or .dot"


@click.command("draw")
@click.argument("what")
@click.option(
    "--out",
    help=f"File to write: {FORMATS}; - prints DOT.  [default: graph.svg]",
)
@click.option("--level", help="model, layer, op or neuron.")
@click.option(
    "--direction",
    default="forward",
    show_default=True,
    help="forward, backward or both.",
)
@RANKDIR
@click.option("--depth", type=int, help="Show deeper scopes as one block.")
@click.option(
    "--expand",
    multiple=True,
    metavar="PATTERN",
    help="Layers to show operation by operation; may be repeated.",
)
@click.option("--fold/--no-fold", default=True, help="Show repeated blocks once.")
@click.option("--show-shapes/--no-shapes", default=True, help="Write shapes.")
@click.option("--legend/--no-legend", default=True, help="Explain the colours.")
@click.option("--counts", "show_counts", is_flag=True, help="Write parameter counts.")
@click.option("--dtypes", "show_dtypes", is_flag=True, help="Write dtypes.")
@click.option(
    "--theme",
    default="light",
    show_default=True,
    help="light, dark, transparent, print, or that of a plugin.",
)
@click.option("--size", help="What to fit: slide, column or WIDTHxHEIGHT in pixels.")
@LOSS
@values_options
@click.option("--check", is_flag=True, help="Compare with finite differences.")
@click.option("--training", is_flag=True, help="Draw with dropout active.")
@click.option("--seed", default=0, help="Seed of random numbers.  [default: 0]")
@click.option(
    "--optimizer",
    default="sgd",
    show_default=True,
    help="Optimizer shown by .html.",
)
@click.option("--title", help="Title of the picture.")
@DPI
@click.option(
    "--frames",
    metavar="DIR",
    help="Write the animation step by step as DIR/001.svg, 002.svg …",
)
def command(
    what: str,
    out: str | None,
    frames: str | None,
    dpi: int | None,
    loss: str | None,
    values: str | None,
    row: int | None,
    data: str | None,
    expand: tuple[str, ...],
    title: str | None,
    size: str | None,
    **options: Any,
) -> None:
    """Draw a graph, forward and backward.

    WHAT is a configuration (.toml), a model file, or package.module:object naming a
    node or a model. Nothing is trained; the data of a configuration are read for their
    shape, and --row shows the values of one example. An .html file is an animation.
    """
    import chainrule as cr

    found = subject(what, loss)
    feeds = values_of(found, values, row, data)
    if options["check"] and feeds is None:
        raise click.UsageError("--check needs values: add --row or --values")
    diagram = cr.draw(
        found.graph,
        title=title or title_of(what),
        values=feeds,
        names=found.names,
        expand=expand or None,
        size=_size(size),
        **options,
    )
    if frames is not None:
        written = diagram.save_frames(frames)
        echo(f"wrote {len(written)} steps to {Path(frames)}")
    if out == "-":
        echo_text(diagram.source, nl=False)
    elif out is not None or frames is None:
        echo(f"wrote {diagram.save(out or 'graph.svg', dpi=dpi)}")


def _size(text: str | None) -> Any:
    """Read a size: the name of a kind of page, or two numbers."""
    numbers = re.fullmatch(r"(\d+)[x×,](\d+)", text or "")
    return (float(numbers[1]), float(numbers[2])) if numbers else text
