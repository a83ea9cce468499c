"""What a command draws or explains: a graph, what its nodes are called, its values."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import click
import numpy as np

from chainrule.cli.graphs import imported, model_of
from chainrule.config import read
from chainrule.config.experiment import Arrays, examples
from chainrule.errors import DataError, GraphError, UnknownNameError, did_you_mean
from chainrule.graph import Graph
from chainrule.model.loading import load
from chainrule.model.loss_graph import loss_of
from chainrule.model.model import Model
from chainrule.node import Node, Parameter
from chainrule.notation.naming import Naming
from chainrule.registry import registry

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

TARGET = "t"
"""What the loss of a model calls its second input."""


@dataclass
class Subject:
    """Something that was named on the command line.

    Attributes:
        graph: a node, several, or a model that has no loss.
        names: what nodes without a name are called: the variables of their module.
        paths: the parameters of a model by path.
        data: the examples that a configuration trains with.
        inputs: what the examples feed.
    """

    graph: Any
    names: dict[str, Node] = field(default_factory=dict)
    paths: dict[str, Node] = field(default_factory=dict)
    data: Arrays | None = None
    inputs: tuple[Any, ...] = ()

    def node(self, name: str) -> Node:
        """Return the node of a name: its own, its symbol, or its path in a model.

        Raises:
            UnknownNameError: there is none.
        """
        known = self.known()
        if name not in known:
            hint = did_you_mean(name, list(known))
            raise UnknownNameError(f"nothing is called {name!r} here.{hint}")
        return known[name]

    def known(self) -> dict[str, Node]:
        """Return all that can be named; what is learned comes first."""
        outputs = getattr(self.graph, "outputs", self.graph)
        graph = Graph([outputs] if isinstance(outputs, Node) else list(outputs))
        naming = Naming(graph, self.names)
        inside = dict.fromkeys(graph)
        found = {path: node for path, node in self.paths.items() if node in inside}
        owned = set(found.values())
        for node in sorted(graph, key=lambda n: not isinstance(n, Parameter)):
            if node.name and node not in owned:
                found.setdefault(node.name, node)
            if (symbol := naming.symbol(node)) is not None:
                found.setdefault(symbol.unicode(), node)
        return found | {k: n for k, n in self.names.items() if n in inside}

    def example(self, rows: slice, data: str | None) -> dict[Any, Any]:
        """Return rows of the data as values for the inputs.

        Args:
            rows: which.
            data: a data set to take instead of the configuration's.

        Raises:
            DataError: there are no data, no such row, or several inputs.
        """
        arrays = self.data
        if data is not None:
            train, held_out = examples(registry.find("datasets", data).target())
            arrays = held_out or train
        if arrays is None:
            raise DataError(
                "--row takes a row of a data set: name one with --data, or give the "
                "values with --values"
            )
        if len(self.inputs) != 1:
            raise DataError("--row is for models of one input; use --values")
        count = len(arrays[0])
        if rows.start >= count:
            raise DataError(f"--row {rows.start}: the data have {count} rows, from 0")
        x, y = (array[rows] for array in arrays)
        return {self.inputs[0]: x.reshape(-1, *self.inputs[0].shape[1:]), TARGET: y}


def subject(what: str, loss: str | None = None) -> Subject:
    """Find what is named: a configuration, a model file or ``package.module:object``.

    Args:
        what: the name.
        loss: the loss of a model, instead of the one it was trained with.

    Raises:
        UnknownNameError: there is no such file, module, object or loss.
        GraphError: a loss is given for what is no model.
    """
    file = Path(what)
    if file.suffix == ".toml":
        experiment = read(file)
        data, _ = experiment.data()
        model: Any = model_of(experiment, data[0])
        return _with_loss(model, loss or experiment.training.loss, data)
    module, colon, name = what.partition(":")
    if colon and not file.exists():
        around, found = imported(module, name)
        named = {k: n for k, n in vars(around).items() if isinstance(n, Node)}
        if isinstance(found, Model):
            return _with_loss(found, loss)
        if loss:
            raise GraphError("--loss is for models; this is a graph as it stands")
        return Subject(found, named)
    model = load(file)
    goal = model.trainer.goal
    return _with_loss(model, loss or (goal.losses[0] if goal else None))


def _with_loss(model: Model, loss: Any, data: Arrays | None = None) -> Subject:
    graph = loss_of(model, loss) if loss is not None else model
    return Subject(graph, {}, dict(model.parameters), data, model.inputs)


def read_values(text: str) -> dict[str, Any]:
    """Read values for the inputs by name: JSON, or a JSON or NPZ file.

    >>> read_values('{"x": [[1, -2]]}')
    {'x': [[1, -2]]}

    Raises:
        DataError: it is neither, or not values by name.
    """
    file = Path(text)
    try:
        if file.suffix == ".npz":
            with np.load(file, allow_pickle=False) as arrays:
                return dict(arrays)
        written = text if text.lstrip()[:1] in "{[" else file.read_text("utf-8")
        values = json.loads(written)
    except OSError as error:
        raise DataError(
            f"cannot read {text!r}: {error.strerror or error}; --values takes JSON "
            "such as '{\"x\": 2}', or a .json or .npz file"
        ) from error
    except ValueError as error:
        raise DataError(f"--values: {text!r} is no JSON or NPZ: {error}") from error
    if not isinstance(values, Mapping):
        raise DataError(
            "--values takes values by the name of the input, such as '{\"x\": 2}', "
            f"got {written!r}"
        )
    return dict(values)


def values_options(command: Decorated) -> Decorated:
    """Add ``--values``, ``--row`` and ``--data``."""
    for option in (
        click.option("--data", metavar="NAME", help="Data set for --row."),
        click.option(
            "--row", type=click.IntRange(0), help="Row of the data to show, from 0."
        ),
        click.option(
            "--values", metavar="JSON|FILE",
            help="Values of the inputs by name: JSON, or a .json or .npz file.",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


def values_of(
    found: Subject, values: str | None, row: int | None, data: str | None
) -> dict[Any, Any] | None:
    """Return the values that the options ask for, or None.

    Raises:
        UsageError: both were given.
    """
    if values is not None and (row is not None or data is not None):
        raise click.UsageError("give --values or --row, not both")
    if values is not None:
        return dict(read_values(values))
    if row is None and data is None:
        return None
    return found.example(slice(row or 0, (row or 0) + 1), data)


def title_of(what: str) -> str:
    """Return what a picture of something is called."""
    return Path(what).name
