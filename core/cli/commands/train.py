"""``chainrule train``: train what a configuration file describes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from chainrule.cli.output import echo, writable_folder
from chainrule.cli.training_run import CURVE, HISTORY, MODEL, TRACE, numbers, run
from chainrule.config import Experiment, read
from chainrule.errors import DataError
from chainrule.execution import open_backend


@click.command("train")
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--out", help="Folder for the results.  [default: chainrule-CONFIG]")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="Override a value of the file: training.epochs=5; may be repeated.",
)
@click.option(
    "--backend", help="Where to run; overrides training.backend. See chainrule devices."
)
@click.option(
    "--profile",
    is_flag=True,
    help=f"Print how long each kernel took, and write {TRACE} for ui.perfetto.dev.",
)
def command(
    config: Path,
    out: str | None,
    settings: tuple[str, ...],
    backend: str | None,
    profile: bool,
) -> None:
    """Train what a configuration file describes.

    Writes the model, its history and a picture of the history. A training run that is
    interrupted or diverges writes what it has reached.
    """
    experiment = read(config, settings)
    training = experiment.training
    named = backend or training.backend
    open_backend(named)  # fails before anything is read or written
    folder = writable_folder(out or f"chainrule-{config.stem}")
    train, test = experiment.data()
    model = experiment.model(train[0])
    model.metadata |= experiment.metadata()
    model.summary()
    how: dict[str, Any] = {
        "loss": training.loss,
        "epochs": training.epochs,
        "batch_size": training.batch_size,
        "metrics": training.metrics,
        "seed": training.seed,
        "schedule": experiment.schedule,
        "regularizers": experiment.regularizers,
        "callbacks": experiment.callbacks,
        "validation": test,
        "backend": named,
        "profile": profile,
        "dtype": training.dtype,
        "deterministic": training.deterministic,
    }
    if experiment.optimizer is not None:
        how["optimizer"] = experiment.optimizer
    with _naming_the_target_column(experiment):
        run(model, folder, *train, **how)
    if test is not None:
        measured = model.evaluate(*test, backend=named)
        echo(f"on {len(test[0]):,} examples held out: {numbers(measured)}")
    written = [MODEL, HISTORY, CURVE, *([TRACE] if profile else [])]
    echo(f"in {folder.resolve()}: {', '.join(written)}")


@contextmanager
def _naming_the_target_column(experiment: Experiment) -> Iterator[None]:
    """Name the column taken as targets if it is unsuitable and was not chosen."""
    try:
        yield
    except DataError as error:
        if not experiment.from_csv or "target" in experiment.arguments:
            raise
        raise DataError(
            f"{error}. The last column of {experiment.arguments['path']} was taken as "
            'y: to use another one, write target = "NAME" (or its number, from 0) '
            "under [data]"
        ) from error
