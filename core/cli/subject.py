"""The subject of a command: the graph it draws or explains, found by its name."""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import click

from chainrule.config import read
from chainrule.config.experiment import Arrays, examples
from chainrule.errors import DataError, GraphError, UnknownNameError, did_you_mean
from chainrule.files import check_ends, reason
from chainrule.graph import Graph
from chainrule.model.loading import load
from chainrule.model.loss_graph import loss_of
from chainrule.model.model import Model
from chainrule.node import Node
from chainrule.notation.lookup import node_called, nodes_by_name
from chainrule.notation.naming import Naming
from chainrule.registry import registry

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

TARGET = "t"
"""Name of the target, the input that the loss of a model adds."""


@dataclass
class Subject:
    """A graph named on the command line, and its data.

    Attributes:
        graph: a node, several nodes, or a model without a loss.
        names: names for unnamed nodes: the variables of their module.
        paths: the parameters of a model by path.
        data: the examples that a configuration trains on.
        inputs: the inputs that the examples feed.
    """

    graph: Any
    names: dict[str, Node] = field(default_factory=dict)
    paths: dict[str, Node] = field(default_factory=dict)
    data: Arrays | None = None
    inputs: tuple[Any, ...] = ()

    def node(self, name: str) -> Node:
        """Return the node with a name, a symbol, or a path in a model.

        Raises:
            UnknownNameError: there is no such node.
        """
        return node_called(name, self.known())

    def known(self) -> dict[str, Node]:
        """Return all nodes by name; parameters take precedence."""
        outputs = getattr(self.graph, "outputs", self.graph)
        graph = Graph([outputs] if isinstance(outputs, Node) else list(outputs))
        found = nodes_by_name(graph, Naming(graph, self.names), self.paths)
        inside = set(graph)
        return found | {k: n for k, n in self.names.items() if n in inside}

    def example(self, rows: slice, data: str | None) -> dict[Any, Any]:
        """Return rows of the data as values for the inputs.

        Args:
            rows: the rows to take.
            data: a data set to use instead of the configuration's.

        Raises:
            DataError: there are no data, no such row, or several inputs.
        """
        arrays = self.data
        if data is not None:
            train, held_out = examples(registry.find("datasets", data).target())
            arrays = held_out or train
        if arrays is None:
            raise DataError(
                "--row needs a data set: name one with --data, or give the values "
                "with --values"
            )
        if len(self.inputs) != 1:
            raise DataError("--row needs a model with one input; use --values")
        count = len(arrays[0])
        if rows.start >= count:
            raise DataError(f"--row must be 0 to {count - 1}, got {rows.start}")
        x, y = (array[rows] for array in arrays)
        return {self.inputs[0]: x.reshape(-1, *self.inputs[0].shape[1:]), TARGET: y}


def subject(what: str, loss: str | None = None) -> Subject:
    """Find a configuration, a model file or ``package.module:object``.

    Args:
        what: its name.
        loss: the loss of a model, instead of the one it was trained with.

    Raises:
        UnknownNameError: there is no such file, module, object or loss.
        GraphError: a loss is given for something that is not a model.
    """
    file = Path(what)
    if file.suffix == ".toml":
        experiment = read(file)
        data, _ = experiment.data()
        model: Any = experiment.model(data[0])
        return _with_loss(model, loss or experiment.training.loss, data)
    module, colon, name = what.partition(":")
    if colon and not os.path.exists(file):  # which no name makes fail
        around, found = _imported(module, name)
        named = {k: n for k, n in vars(around).items() if isinstance(n, Node)}
        if isinstance(found, Model):
            return _with_loss(found, loss)
        if loss:
            raise GraphError(f"--loss needs a model, got {type(found).__name__}")
        return Subject(found, named)
    model = load(file)
    criteria = model.session.criteria
    if loss is None and criteria and len(model.outputs) == 1:
        loss = criteria.losses[0]
    return _with_loss(model, loss)


def _with_loss(model: Model, loss: Any, data: Arrays | None = None) -> Subject:
    graph = loss_of(model, loss) if loss is not None else model
    return Subject(graph, {}, dict(model.parameters), data, model.inputs)


def _imported(module: str, name: str) -> tuple[ModuleType, Any]:
    """Import a module and return it with the object of a name in it.

    Raises:
        UnknownNameError: there is no such module or object.
    """
    if not all(part.isidentifier() for part in module.split(".")):
        raise UnknownNameError(
            f"{module!r} must be the name of a module, as in package.module:object"
        )
    sys.path.insert(0, "")  # modules in the current folder, as python -m finds them
    try:
        around = importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise UnknownNameError(f"cannot import {module!r}: {error}") from error
    finally:
        sys.path.remove("")
    found: Any = around
    for part in name.split("."):
        if not hasattr(found, part):
            hint = did_you_mean(part, [n for n in dir(found) if n[0] != "_"])
            raise UnknownNameError(f"{module!r} has no attribute {part!r}.{hint}")
        found = getattr(found, part)
    return around, found


def read_values(text: str) -> dict[str, Any]:
    """Read values of the inputs by name, from JSON or a .json or .npz file.

    >>> read_values('{"x": [[1, -2]]}')
    {'x': [[1, -2]]}

    Raises:
        DataError: the text is none of these, or does not hold values by name.
    """
    file = Path(text)
    try:
        if file.suffix == ".npz":
            return dict(registry.find("datasets", "load_npz").target(file))
        written = text
        if text.lstrip()[:1] not in ("{", "["):
            check_ends(file, DataError)
            written = file.read_text("utf-8")
        values = json.loads(written)
    except OSError as error:
        raise DataError(
            f"cannot read {text!r}: {error.strerror or error}; --values takes JSON "
            "such as '{\"x\": 2}', or a .json or .npz file"
        ) from error
    except (ValueError, RecursionError) as error:
        raise DataError(
            f"--values: {text!r} is neither JSON nor NPZ: {reason(error)}"
        ) from error
    if not isinstance(values, Mapping):
        raise DataError(
            "--values must be an object of values by input name, such as "
            f"'{{\"x\": 2}}', got {written!r}"
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
    """Return the values that the options choose, or None.

    Raises:
        UsageError: both values and a row were given.
    """
    if values is not None and (row is not None or data is not None):
        raise click.UsageError("give either --values or --row, not both")
    if values is not None:
        return dict(read_values(values))
    if row is None and data is None:
        return None
    return found.example(slice(row or 0, (row or 0) + 1), data)


def title_of(what: str) -> str:
    """Return the title for a picture of a subject."""
    return Path(what).name
