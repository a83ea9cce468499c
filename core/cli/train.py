"""``chainrule train``: what a configuration file describes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from chainrule.cli.graphs import model_of
from chainrule.cli.output import writable_folder
from chainrule.cli.running import CURVE, HISTORY, MODEL, TRACE, numbers, run
from chainrule.config import read
from chainrule.program import open_backend


@click.command("train")
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--out", help="Folder for the results; chainrule-CONFIG if not given.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="Put a value over one of the file, as training.epochs=5; may be repeated.",
)
@click.option(
    "--profile",
    is_flag=True,
    help=f"Print how long each kernel took, and write {TRACE} for ui.perfetto.dev.",
)
def command(
    config: Path, out: str | None, settings: tuple[str, ...], profile: bool
) -> None:
    """Train what a configuration file describes.

    Writes the model, the history and a picture of it. Training that is interrupted or
    diverges writes what it has reached.
    """
    experiment = read(config, settings)
    training = experiment.training
    backend = open_backend(training.backend)
    folder = writable_folder(out or f"chainrule-{config.stem}")
    train, test = experiment.data()
    model = model_of(experiment, train[0])
    model.summary()
    how: dict[str, Any] = {
        "loss": training.loss,
        "epochs": training.epochs,
        "batch_size": training.batch_size,
        "metrics": training.metrics,
        "seed": training.seed,
        "schedule": experiment.schedule,
        "regularizers": experiment.regularizers,
        "callbacks": [*experiment.callbacks, "progress"],
        "validation": test,
        "backend": backend,
        "profile": profile,
    }
    if experiment.optimizer is not None:
        how["optimizer"] = experiment.optimizer
    run(model, folder, *train, **how)
    if test is not None:
        measured = model.evaluate(*test, backend=backend)
        click.echo(f"on {len(test[0]):,} examples held out: {numbers(measured)}")
    written = [MODEL, HISTORY, CURVE, *([TRACE] if profile else [])]
    click.echo(f"in {folder.resolve()}: {', '.join(written)}")
