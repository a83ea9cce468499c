"""A chainrule plugin: the command my_thing."""

from __future__ import annotations

import chainrule as cr
import click


@click.command("my-thing")
@click.argument("model", type=click.Path(exists=True))
def my_thing(model: str) -> None:
    """Print how many parameters a saved MODEL has."""
    loaded = cr.load(model, train=False)
    click.echo(sum(array.size for array in loaded.get_weights().values()))


@cr.hookimpl
def register_commands() -> list[click.Command]:
    """Register the command."""
    return [my_thing]
