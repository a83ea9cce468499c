"""A model made again from its description."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from chainrule.calls import calls
from chainrule.errors import ModelFileError
from chainrule.model.description import what_is
from chainrule.model.insides import inside_of
from chainrule.model.missing import Reader
from chainrule.model.model import Model
from chainrule.model.sequential import Sequential
from chainrule.node import Constant, Input, Node, Parameter
from chainrule.ops import Op
from chainrule.ops.random import Uniform, UnnamedStream
from chainrule.registry import registry
from chainrule.registry.recorded import record_of, standing_in
from chainrule.scopes import Scope, inside


def rebuild(description: Mapping[str, Any], name: str | None, reader: Reader) -> Model:
    """Make the model that `Model.to_config` described, with initial weights.

    Raises:
        ModelFileError: a part is neither a layer nor a model.
        UnknownNameError: a layer or an op that nothing registered, and nothing can
            stand for.
    """
    layers = description["layers"]
    with standing_in(reader.stand_in):
        parts = {record["name"]: _part(record, reader) for record in layers}
        if description["type"] == Sequential.label:
            listed = [parts[record["name"]] for record in layers]
            return Sequential(listed, description["input_shape"], name=name)
        nodes: list[Node] = []
        scopes: dict[tuple[str, ...], Scope] = {}
        results: dict[int, tuple[Node, ...]] = {}
        for record in description["nodes"]:
            node = _node(record, nodes, parts, scopes, results, reader)
            nodes.append(node.named(record["name"]) if "name" in record else node)
    inputs = [nodes[i] for i in description["inputs"]]
    outputs = [nodes[i] for i in description["outputs"]]
    return Model(inputs, outputs, name=name)


def _part(record: Mapping[str, Any], reader: Reader) -> Any:
    config, name = record["config"], record["name"]
    if record["kind"] == "models":
        return rebuild(config, name, reader.within(name))
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
    results: dict[int, tuple[Node, ...]],
    reader: Reader,
) -> Node:
    """Make one node.

    `scopes` collects those that several nodes are in, and `results` by the place of the
    node what its call returned.
    """
    if "input" in record:
        return Input(record["name"], tuple(record["input"]), record["dtype"])
    if "parameter" in record:
        zeros = np.zeros(record["parameter"], np.float32)
        with inside(_path(record.get("scope", ()), scopes)):
            return Parameter(record["name"], zeros, trainable=record["trainable"])
    if "inside" in record:
        return _inside(nodes[record["inside"]], record)
    if "constant" in record:
        return Constant(np.array(record["constant"], record["dtype"]))
    operands = [nodes[i] for i in record["of"]]
    if "call" in record:
        first = record.get("with", len(nodes))  # of the outputs of the same call
        if first not in results:
            made = parts[record["call"]](*operands)
            results[first] = made if isinstance(made, tuple) else (made,)
        output: int = record["output"]
        return results[first][output]
    with inside(_path(record["scope"], scopes)):
        return _op(record, reader)(*operands)


def _op(record: Mapping[str, Any], reader: Reader) -> Op:
    """Return the op of a node, or what stands for it."""
    recorded = record_of("ops", record["op"])
    if recorded and "shape" in record and not registry.has("ops", record["op"]):
        return reader.op(recorded, record["shape"], record["dtype"])
    cls = registry.find("ops", record["op"]).target
    values = {
        field.name: _tuples(record["fields"][field.name]) for field in fields(cls)
    }
    if cls is Uniform and values["stream"] is None:
        values["stream"] = UnnamedStream()
    made: Op = cls(**values)
    return made


def _path(
    names: Sequence[str], scopes: dict[tuple[str, ...], Scope]
) -> tuple[Scope, ...]:
    """Return the scopes of these names, one inside the other."""
    paths = [tuple(names[:depth]) for depth in range(1, len(names) + 1)]
    for path in paths:
        scopes.setdefault(path, Scope(path[-1], path[-1]))
    return tuple(scopes[path] for path in paths)


def _inside(call: Node, record: Mapping[str, Any]) -> Node:
    """Return a node that a layer has made inside of a call."""
    made = inside_of(call)
    place: int = record["place"]
    if place < len(made) and what_is(made[place]) == record["what"]:
        return made[place]
    raise ModelFileError(
        f"the model uses a {record['what'][0]} inside of {calls[call].module!r}, which "
        "now computes in another way"
    )


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
