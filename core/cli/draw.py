"""``chainrule draw``: a model as a picture, forward and backward."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from chainrule.cli.graphs import graph_of


@click.command("draw")
@click.argument("what")
@click.option(
    "--out",
    default="graph.svg",
    show_default=True,
    help="File to write: .svg, .png, .pdf or .dot; - prints DOT.",
)
@click.option("--level", help="model, layer, op or neuron.")
@click.option(
    "--direction",
    default="forward",
    show_default=True,
    help="forward, backward or both.",
)
@click.option("--rankdir", default="LR", show_default=True, help="LR, TB, RL or BT.")
def command(what: str, out: str, **options: Any) -> None:
    """Draw a model, forward and backward.

    WHAT is a configuration (.toml), a model file, or package.module:object. Nothing is
    trained; a configuration's data are read for their shape.
    """
    import chainrule as cr

    title = Path(what).name
    diagram = cr.draw(graph_of(what), title=title, **options)
    if out == "-":
        click.echo(diagram.source, nl=False)
    else:
        click.echo(f"wrote {diagram.save(out)}")
