"""Loading model files."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open

from chainrule.annotations import NonNegativeInt, check_value
from chainrule.errors import ChainRuleError, ModelFileError, UnknownNameError
from chainrule.model.model import Model
from chainrule.model.sequential import Sequential
from chainrule.model.writing import KEY, VERSION, slot_views
from chainrule.node import Constant, Input, Node, Parameter
from chainrule.ops.random import Draw, Uniform
from chainrule.registry import registry
from chainrule.scopes import Scope, scope
from chainrule.training.criteria import Criteria
from chainrule.training.state import TrainingState

Tensors = dict[str, npt.NDArray[Any]]

FOREIGN = {
    b"PK": "a zip archive, as PyTorch and Keras write",
    b"\x89HDF": "an HDF5 file, as Keras writes",
    b"\x80": "a Python pickle",
    b"\x93NUMPY": "a NumPy array",
    b"\x1f\x8b": "a gzip file",
}
"""How files begin that people take for models."""


NONSENSE = (
    LookupError, TypeError, ValueError, AttributeError, RecursionError, MemoryError,
)  # fmt: skip
"""What is raised where a description lacks something, or has the wrong thing."""


def load(path: str | os.PathLike[str]) -> Model:
    """Read a model that `Model.save` wrote: it predicts, and trains on, as before.

    Nothing in the file is executed. Layers of plugins need those plugins.

    Raises:
        ModelFileError: the file is not there, not a model, of another version,
            truncated, or needs a plugin that is not there.
    """
    description, tensors = _read(Path(path))
    try:
        model = rebuild(description["model"], description["name"])
        _fill(model, tensors)
        _resume(model, description, tensors)
        model.metadata = dict(description.get("metadata", {}))
    except ModelFileError as error:
        raise ModelFileError(f"{path}: {error}") from error
    except UnknownNameError as error:
        raise ModelFileError(
            f"{path}: {error} Is a plugin missing that was there when it was saved?"
        ) from error
    except ChainRuleError as error:
        raise ModelFileError(f"{path}: {error}") from error
    except NONSENSE as error:
        raise ModelFileError(
            f"{path}: its description makes no sense ({type(error).__name__}: {error})"
        ) from error
    return model


def _read(path: Path) -> tuple[dict[str, Any], Tensors]:
    try:
        with path.open("rb") as head:
            begin = head.read(8)
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except OSError as error:
        raise ModelFileError(f"{path}: {error.strerror or error}") from error
    except SafetensorError as error:
        raise ModelFileError(f"{path}: {_what(begin)} ({error})") from error
    except (TypeError, ValueError) as error:
        raise ModelFileError(f"{path}: cannot be read: {error}") from error
    if KEY not in metadata:
        raise ModelFileError(
            f"{path}: a safetensors file with {len(tensors)} tensors, but no chainrule "
            "model: it says nothing about layers. Build the model and give it the "
            "arrays with set_weights"
        )
    try:
        description = json.loads(metadata[KEY])
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{path}: its description is no JSON: {error}") from error
    version = description.get("version") if isinstance(description, dict) else None
    if version != VERSION:
        raise ModelFileError(
            f"{path}: a model file of version {version!r}; this chainrule reads "
            f"version {VERSION}, so another release wrote it"
        )
    return description, tensors


def _what(begin: bytes) -> str:
    if not begin:
        return "the file is empty"
    for start, what in FOREIGN.items():
        if begin.startswith(start):
            return f"this is {what}, not a chainrule model"
    length = int.from_bytes(begin, "little")
    if len(begin) == 8 and length < 1 << 32:
        return "the file is truncated or damaged"
    return "this is no safetensors file, and so no chainrule model"


def rebuild(config: Mapping[str, Any], name: str | None) -> Model:
    """Make the model of a description, with initial weights."""
    if config["type"] == Sequential.label:
        parts = {record["name"]: _part(record) for record in config["layers"]}
        layers = [parts[record["name"]] for record in config["layers"]]
        return Sequential(layers, config["input_shape"], name=name)
    parts = {record["name"]: _part(record) for record in config["layers"]}
    nodes: list[Node] = []
    scopes: dict[tuple[str, ...], Scope] = {}
    for record in config["nodes"]:
        node = _node(record, nodes, parts, scopes)
        nodes.append(node.named(record["name"]) if "name" in record else node)
    inputs = [nodes[i] for i in config["inputs"]]
    outputs = [nodes[i] for i in config["outputs"]]
    return Model(inputs, outputs, name=name)


def _part(record: Mapping[str, Any]) -> Any:
    config, name = record["config"], record["name"]
    if record["kind"] == "models":
        return rebuild(config, name)
    if record["kind"] not in ("layers", "activations"):
        raise ModelFileError(f"{name!r} is of kind {record['kind']!r}, not a layer")
    part = registry.resolve(record["kind"], config)
    part.scope.name = name
    return part


def _node(
    record: Mapping[str, Any],
    nodes: list[Node],
    parts: Mapping[str, Any],
    scopes: dict[tuple[str, ...], Scope],
) -> Node:
    if "input" in record:
        return Input(record["name"], tuple(record["input"]), record["dtype"])
    if "parameter" in record:
        zeros = np.zeros(record["parameter"], np.float32)
        return Parameter(record["name"], zeros, trainable=record["trainable"])
    if "constant" in record:
        return Constant(np.array(record["constant"], record["dtype"]))
    operands = [nodes[i] for i in record["of"]]
    if "call" in record:
        results = parts[record["call"]](*operands)
        called: Node = (
            results[record["output"]] if isinstance(results, tuple) else results
        )
        return called
    cls = registry.find("ops", record["op"]).target
    values = {
        field.name: _tuples(record["fields"][field.name]) for field in fields(cls)
    }
    if cls is Uniform and values["stream"] is None:
        values["stream"] = Draw()
    names = record["scope"]
    paths = [tuple(names[:depth]) for depth in range(1, len(names) + 1)]
    for path in paths:
        scopes.setdefault(path, Scope(path[-1], path[-1]))
    with scope(tuple(scopes[path] for path in paths)):
        made: Node = cls(**values)(*operands)
    return made


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def _fill(model: Model, tensors: Tensors) -> None:
    """Give the parameters the values of the file."""
    parameters = model.parameters
    weights = {
        name
        for name in tensors
        if name in parameters or not name.startswith("optimizer:")
    }
    if weights != set(parameters):
        missing = sorted(set(parameters) - weights)
        extra = sorted(weights - set(parameters))
        raise ModelFileError(
            f"weights and layers do not match: missing {missing or 'nothing'}, "
            f"not used {extra or 'nothing'}"
        )
    for path, parameter in parameters.items():
        if tensors[path].shape != parameter.value.shape:
            raise ModelFileError(
                f"{path} has shape {parameter.value.shape} in the model and "
                f"{tensors[path].shape} in the file"
            )
        parameter.value = tensors[path].copy()
    for _, owned in model.owned_parameters():
        owned.drawn = None


def _resume(model: Model, description: Mapping[str, Any], tensors: Tensors) -> None:
    """Restore what `fit` and `evaluate` go on with."""
    session = model.session
    criteria, training = description["goal"], description.get("training")
    if criteria is not None:
        session.criteria = Criteria.of(
            session.network,
            criteria["loss"],
            criteria["metrics"],
            criteria["regularizers"],
        )
    if training is not None:
        optimizer = registry.resolve("optimizers", training["optimizer"])
        state = TrainingState(session.network.trainable, optimizer)
        for name, view in slot_views(state, session.network.parameters):
            np.copyto(view, tensors[name])
        state.step = check_value(training["step"], NonNegativeInt, "step")
        state.epoch = check_value(training["epoch"], NonNegativeInt, "epoch")
        session.state = state
