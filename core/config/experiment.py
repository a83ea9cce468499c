"""An experiment, as a configuration file describes it: data, model, training."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from chainrule.annotations import Fraction, OfKind, PositiveInt, Seed
from chainrule.checks import check_value
from chainrule.component import Component
from chainrule.config.building import build, call, check_keys, fill
from chainrule.config.document import Document
from chainrule.data.csv import read_header
from chainrule.errors import DataError
from chainrule.model.sequential import Sequential
from chainrule.philox import generator
from chainrule.program.program import FloatDtype
from chainrule.registry import registry

Arrays: TypeAlias = tuple[npt.NDArray[Any], npt.NDArray[Any]]

SECTIONS = (
    "data", "layers", "training", "optimizer", "schedule", "regularizers", "callbacks",
)  # fmt: skip

LISTS = ("layers", "regularizers", "callbacks")
"""Sections that are lists of tables."""

PARTS = ("x_train", "y_train", "x_test", "y_test")
"""Names of the arrays in an NPZ file."""


class TrainingTable(Component):
    """The table ``[training]``: arguments of `Model.fit`."""

    loss: Annotated[Any, OfKind("losses")]
    epochs: PositiveInt = 10
    batch_size: PositiveInt = 32
    metrics: tuple[Annotated[Any, OfKind("metrics")], ...] = ()
    backend: str | None = None
    seed: Seed = 0
    dtype: FloatDtype = "float32"
    deterministic: bool = False


@dataclass(frozen=True)
class Experiment:
    """A checked configuration; nothing is loaded or trained yet."""

    dataset: str
    arguments: Mapping[str, Any]
    load: Callable[[], Any]
    hold_out: float | None
    layers: Sequence[Any]
    training: TrainingTable
    optimizer: Any
    schedule: Any
    regularizers: Sequence[Any]
    callbacks: Sequence[Any]
    document: Document

    def data(self) -> tuple[Arrays, Arrays | None]:
        """Load the data: the part to train on, and the held-out part.

        Raises:
            ConfigError: the data cannot be read; names the line of ``[data]``.
            DataError: the data are not examples with targets.
        """
        train, test = examples(self.load())
        if test is not None:
            if self.hold_out is not None:
                raise DataError("this data set has a held-out part: drop hold_out")
            return train, test
        x, y = train
        held_out = round((0.2 if self.hold_out is None else self.hold_out) * len(x))
        if not held_out:
            return train, None
        order = generator(self.training.seed, "hold out").permutation(len(x))
        out, kept = np.sort(order[:held_out]), np.sort(order[held_out:])
        return (x[kept], y[kept]), (x[out], y[out])

    def model(self, x: npt.NDArray[Any]) -> Sequential:
        """Return the untrained model, built for examples like `x`.

        Raises:
            ConfigError: the layers make no model; names the settings among them.
        """
        with self.document.at(("layers",)):
            return Sequential(self.layers, input_shape=x.shape[1:])

    @property
    def from_csv(self) -> bool:
        """Whether the data are columns of a CSV file."""
        return self.dataset == "load_csv"

    def metadata(self) -> dict[str, Any]:
        """Return metadata for the model: the columns of a CSV file."""
        if not self.from_csv:
            return {}
        given = self.arguments
        header = read_header(given["path"], given.get("delimiter", ","))
        target = header.column(given.get("target", -1))
        return {"csv": {"target": target, "columns": header.names}}


def examples(loaded: Any) -> tuple[Arrays, Arrays | None]:
    """Return the part of a data set to train on, and its held-out part or None.

    A data set is ``(x, y)``, ``((x, y), (x, y))``, or arrays by name: ``x`` and ``y``,
    or ``x_train``, ``y_train``, ``x_test`` and ``y_test``.

    Raises:
        DataError: the data set is none of these.
    """
    if isinstance(loaded, Mapping):
        if {"x", "y"} <= loaded.keys():
            return (loaded["x"], loaded["y"]), None
        if set(PARTS) <= loaded.keys():
            x, y, x_test, y_test = (loaded[name] for name in PARTS)
            return (x, y), (x_test, y_test)
        raise DataError(
            f"the file holds {', '.join(loaded) or 'nothing'}; call the arrays x and "
            f"y, or {', '.join(PARTS)}"
        )
    if isinstance(loaded, tuple) and len(loaded) == 2:
        return loaded if isinstance(loaded[0], tuple) else (loaded, None)
    raise DataError(
        "this data set does not have examples with targets, (x, y); use one that does, "
        "such as load_npz or load_csv"
    )


def read(file: str | Path, settings: Sequence[str] = ()) -> Experiment:
    """Read a configuration file, overridden by settings from the command line.

    Args:
        file: a TOML file.
        settings: overrides such as ``"training.epochs=5"``.

    Raises:
        ConfigError: the file has a mistake; names file and line.
    """
    document = Document(file, settings)
    check_keys(document, document.tables, SECTIONS, (), "a configuration")
    return Experiment(
        **_data(document),
        layers=_several(document, "layers"),
        training=_training(document),
        optimizer=_single(document, "optimizer"),
        schedule=_single(document, "schedule"),
        regularizers=_several(document, "regularizers"),
        callbacks=_several(document, "callbacks"),
        document=document,
    )


def _training(document: Document) -> TrainingTable:
    table = _table(document, "training")
    for key, value in table.items():
        if key in SECTIONS:
            header = f"[[{key}]]" if key in LISTS else f"[{key}]"
            name = value if isinstance(value, str) else "…"
            raise document.error(
                ("training", key),
                f"training has no {key!r}, which is a table of its own: write "
                f'{header}, and under it type = "{name}"',
            )
    made: TrainingTable = fill(
        document, TrainingTable, table, ("training",), "training"
    )
    return made


def _data(document: Document) -> dict[str, Any]:
    table = dict(_table(document, "data"))
    name = table.pop("dataset", None)
    if not isinstance(name, str):
        raise document.error(("data",), 'data needs a name: dataset = "digits"')
    with document.at(("data", "dataset")):
        entry = registry.find("datasets", name)
    with document.at(("data", "hold_out")):
        wanted = Annotated[float | None, *Fraction.__metadata__]
        hold_out = check_value(table.pop("hold_out", None), wanted, "data: hold_out")
    return {
        "dataset": entry.name,
        "arguments": table,
        "load": call(document, entry.target, table, ("data",), name),
        "hold_out": hold_out,
    }


def _table(document: Document, name: str) -> dict[str, Any]:
    if name not in document.tables:
        raise document.error((), f"the table [{name}] is missing")
    table = document.tables[name]
    if not isinstance(table, dict):
        raise document.error((name,), f"{name} must be a table: write [{name}]")
    return table


def _single(document: Document, kind: str) -> Any:
    if kind not in document.tables:
        return None
    return build(document, f"{kind}s", document.tables[kind], (kind,))


def _several(document: Document, kind: str) -> list[Any]:
    listed = document.tables.get(kind, [])
    if not isinstance(listed, list):
        raise document.error((kind,), f"{kind} must be a list: write [[{kind}]]")
    if kind == "layers" and not listed:
        raise document.error((), "[[layers]] is missing: write at least one")
    return [build(document, kind, item, (kind, i)) for i, item in enumerate(listed)]
