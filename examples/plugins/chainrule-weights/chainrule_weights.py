"""A chainrule plugin: a command that summarizes the weights of a saved model."""

import json
from collections.abc import Sequence

import chainrule as cr
import click
import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text


@click.command("weights")
@click.argument("model", type=click.Path(exists=True, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def weights(model: str, as_json: bool) -> None:
    """List shape, mean, deviation and norm of each parameter of MODEL."""
    rows = [
        {
            "parameter": path,
            "shape": list(parameter.value.shape),
            "mean": float(np.mean(parameter.value)),
            "std": float(np.std(parameter.value)),
            "norm": float(np.linalg.norm(parameter.value)),
        }
        for path, parameter in cr.load(model).parameters.items()
    ]
    if as_json:
        click.echo(json.dumps(rows))
        return
    table = Table("parameter", "shape")
    for name in ("mean", "std", "norm"):
        table.add_column(name, justify="right")
    for row in rows:
        numbers = (f"{row[name]:.4g}" for name in ("mean", "std", "norm"))
        table.add_row(Text(str(row["parameter"])), str(row["shape"]), *numbers)
    Console().print(table)


@cr.hookimpl
def register_commands() -> Sequence[click.Command]:
    """Return the command of this package."""
    return [weights]
