"""The data of ``chainrule predict``: a file, or the name of a data set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.cli.output import echo
from chainrule.config.experiment import examples
from chainrule.data.csv import Header, read_table
from chainrule.errors import DataError
from chainrule.model.model import Model
from chainrule.registry import registry

Array = npt.NDArray[Any]


def read(data: str, model: Model, target: str | None) -> tuple[Array, Array | None]:
    """Return inputs, and targets if there are any.

    Args:
        data: a CSV or NPZ file, or the name of a data set.
        model: the model that will predict.
        target: the column of a CSV file that holds the targets, if it was given.

    Raises:
        DataError: the file cannot be read or does not fit the model, or it is unclear
            which column holds the targets.
    """
    file = Path(data)
    if file.suffix in (".csv", ".gz"):
        return _from_table(file, model, target)
    if target is not None:
        raise DataError(f"--target needs a CSV file, got {data}")
    if file.suffix == ".npz":
        loaded = registry.find("datasets", "load_npz").target(file)
        if "x" in loaded and "y" not in loaded:
            return loaded["x"], None
    else:
        loaded = registry.find("datasets", data).target()
    train, test = examples(loaded)
    if test is None:
        return train
    part = "x_test, y_test" if isinstance(loaded, Mapping) else "the held-out part"
    echo(f"predicting for {part}: {len(test[0]):,} examples", err=True)
    return test


@dataclass(frozen=True)
class _Trained:
    """The columns that a model was trained on, read from its metadata."""

    target: int
    names: list[str]

    @classmethod
    def of(cls, model: Model) -> _Trained | None:
        match model.metadata.get("csv"):
            case {"target": int(target), "columns": list(names)} if (
                0 <= target < len(names)
            ):
                return cls(target, names)
            case {"target": int(target), "columns": None}:
                return cls(target, [])
        return None

    def inputs(self, header: Header) -> list[int] | None:
        """Return the columns of the inputs, if all are found by name."""
        found = header.names or []
        wanted = [name for i, name in enumerate(self.names) if i != self.target]
        unique = len({*found}) == len(found)
        if wanted and unique and {*wanted} <= {*found}:
            return [found.index(name) for name in wanted]
        return None

    def targets(self, header: Header) -> int | None:
        """Return the column of the targets, by name where possible, or by number."""
        if not (header.names and self.names):
            return self.target if self.target < header.width else None
        name = self.names[self.target]
        return header.names.index(name) if name in header.names else None


def _from_table(
    file: Path, model: Model, target: str | None
) -> tuple[Array, Array | None]:
    table = read_table(file)
    header, shape = table.header, model.inputs[0].shape[1:]
    wanted = int(np.prod([size or 1 for size in shape]))
    trained = _Trained.of(model)
    inputs = trained.inputs(header) if trained else None
    column: int | None = None
    if target is not None:
        column = header.column(_name_or_number(target, header))
    elif trained and (inputs or header.width == wanted + 1):
        column = trained.targets(header)
    if inputs is None or column in inputs:
        inputs = header.others(column)
    if len(inputs) == wanted + 1 and column is None:
        raise DataError(_question(header, wanted))
    if len(inputs) != wanted:
        raise DataError(
            f"{file} has {header.width} columns; the model takes {wanted} features, "
            f"so there must be {wanted} columns, or one more for the targets"
        )
    x = table.inputs(inputs).reshape(-1, *shape)
    return x, None if column is None else table.targets(column)


def _name_or_number(text: str, header: Header) -> int | str:
    is_name = text in (header.names or [])
    return int(text) if text.removeprefix("-").isdecimal() and not is_name else text


def _question(header: Header, wanted: int) -> str:
    first, last = "0", "-1"
    if header.names:
        first, last = header.names[0], header.names[-1]
    return (
        f"{header.file} has {header.width} columns, one more than the {wanted} "
        f"features that the model takes, and it is unclear which holds the targets: "
        f"write --target {first} if it is the first, --target {last} if it is the "
        "last, or the number (from 0) or name of another column"
    )
