"""``chainrule predict``: predictions of a saved model."""

from __future__ import annotations

from pathlib import Path

import click

from chainrule.cli.output import echo, json_option, print_json
from chainrule.cli.prediction_data import read
from chainrule.cli.training_run import numbers
from chainrule.errors import DataError
from chainrule.model.loading import load


@click.command("predict")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data")
@click.option(
    "--target",
    metavar="NAME_OR_NUMBER",
    help="Column of a CSV file that holds the targets: its name, or number from 0.",
)
@click.option("--classes", is_flag=True, help="Print only the most likely class.")
@click.option("--backend", help="Where to run; see chainrule devices.")
@json_option
def command(
    model: Path,
    data: str,
    target: str | None,
    classes: bool,
    backend: str | None,
    as_json: bool,
) -> None:
    """Predict with a saved model.

    DATA is a CSV or NPZ file, or the name of a data set. If the data have a held-out
    part, that part is used. A CSV file may hold the targets in a column: the column the
    model was trained with, if chainrule train read a CSV file, or the one of --target.
    One line is printed per example; measures against the targets go to stderr.
    """
    loaded = load(model)
    if len(loaded.inputs) != 1 or len(loaded.outputs) != 1:
        raise DataError("chainrule predict needs a model with one input and one output")
    x, y = read(data, loaded, target)
    predicted = loaded.predict(x, backend=backend)
    if classes:
        predicted = predicted.argmax(-1)
    if as_json:
        print_json(predicted.tolist())
    else:
        for row in predicted.reshape(len(predicted), -1):
            echo(",".join(f"{value:.6g}" for value in row))
    if y is not None and loaded.session.criteria is not None:
        measured = loaded.evaluate(x, y, backend=backend)
        echo(numbers(measured), err=True)
