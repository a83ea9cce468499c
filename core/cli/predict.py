"""``chainrule predict``: what a saved model makes of data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import numpy as np
import numpy.typing as npt

from chainrule.cli.output import json_option, print_json
from chainrule.cli.running import numbers
from chainrule.config.experiment import examples
from chainrule.errors import DataError
from chainrule.model.loading import load
from chainrule.model.model import Model
from chainrule.registry import registry

Array = npt.NDArray[Any]


@click.command("predict")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data")
@click.option("--classes", is_flag=True, help="Print the likeliest class only.")
@click.option("--backend", help="What to run on; see chainrule devices.")
@json_option
def command(
    model: Path, data: str, classes: bool, backend: str | None, as_json: bool
) -> None:
    """Let a saved model predict.

    DATA is a CSV or NPZ file, or the name of a data set, of which the held-out part is
    taken. A CSV file may have the targets in its last column. One line is printed for
    each example; measures against targets, where there are some, go to stderr.
    """
    loaded = load(model)
    if len(loaded.inputs) != 1 or len(loaded.outputs) != 1:
        raise DataError("chainrule predict is for models of one input and one output")
    x, y = _read(data, loaded)
    predicted = loaded.predict(x, backend=backend)
    if classes:
        predicted = predicted.argmax(-1)
    if as_json:
        print_json(predicted.tolist())
    else:
        for row in predicted.reshape(len(predicted), -1):
            click.echo(",".join(f"{value:.6g}" for value in row))
    if y is not None and loaded.trainer.goal is not None:
        measured = loaded.evaluate(x, y, backend=backend)
        click.echo(numbers(measured), err=True)


def _read(data: str, model: Model) -> tuple[Array, Array | None]:
    file = Path(data)
    loaders = {".csv": "load_csv", ".gz": "load_csv", ".npz": "load_npz"}
    if file.suffix not in loaders:
        train, test = examples(registry.find("datasets", data).target())
        return test or train
    loaded = registry.find("datasets", loaders[file.suffix]).target(file)
    if isinstance(loaded, dict):
        return loaded["x"], loaded.get("y")
    x, y = loaded
    wanted = int(np.prod([size or 1 for size in model.inputs[0].shape[1:]]))
    if x.shape[1] == wanted - 1:  # there are no targets: the last column is data too
        x, y = np.column_stack([x, y]).astype(np.float32), None
    if x.shape[1] != wanted:
        raise DataError(
            f"{file} has {x.shape[1] + 1} columns; the model takes {wanted} numbers, "
            f"so there should be {wanted} columns, or one more for the targets"
        )
    return x.reshape(-1, *model.inputs[0].shape[1:]), y
