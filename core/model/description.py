"""A model as a description that JSON can hold: calls of layers, and single ops."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from chainrule.calls import calls
from chainrule.errors import ModelFileError
from chainrule.kinds.module import Module
from chainrule.kinds.sublayers import entries
from chainrule.model.names import Part
from chainrule.model.structure import Structure
from chainrule.node import Constant, Input, Node, Parameter, describe
from chainrule.ops.random import UnnamedStream
from chainrule.registry.entry import is_built_in


def describe_graph(structure: Structure) -> dict[str, Any]:
    """Return the layers of a model and, node by node, what they are called on.

    Nodes refer to each other by their position in the list.
    """
    at = {node: i for i, node in enumerate(structure.order)}
    first_of: dict[int, int] = {}
    return {
        "layers": [describe_part(part) for part in structure.parts],
        "nodes": [
            _describe_node(node, at, structure, first_of) for node in structure.order
        ],
        "inputs": [at[leaf] for leaf in structure.network.inputs],
        "outputs": [at[node] for node in structure.network.outputs],
    }


def describe_part(part: Part) -> dict[str, Any]:
    """Return the name, kind and config of a layer, an activation or a model."""
    return {
        "name": part.scope.name,
        "kind": part.kind,
        "config": part.to_config(),
    }


def check_owners(parts: Iterable[Part]) -> None:
    """Reject what is part of several layers: a file would make several of it.

    Raises:
        ModelFileError: two layers have a parameter in common, or two fields of one.
    """
    owners: dict[Parameter, Part] = {}
    for part in parts:
        if isinstance(part, Module):
            _check_fields(part)
        for path, owned in part.owned_parameters():
            other = owners.setdefault(owned.node, part)
            if other is not part:
                raise ModelFileError(
                    f"{other.scope.name} and {part.scope.name} have {path} in common, "
                    "and a file would make two of it: give each its own, or call one "
                    "layer in both places"
                )


def _check_fields(module: Module) -> None:
    """Reject a module with parameters that is in two fields of another one."""
    first: dict[Module, str] = {}
    for place, inner in entries(vars(module)):
        if isinstance(inner, Module):
            other = first.setdefault(inner, place)
            if other != place and any(inner.owned_parameters()):
                raise ModelFileError(
                    f"{other} and {place} of {module.scope.title} are one module, and "
                    "a file would make two of it: give each its own, or call one field "
                    "in both places"
                )
            _check_fields(inner)


def _describe_node(
    node: Node, at: dict[Node, int], structure: Structure, first_of: dict[int, int]
) -> dict[str, Any]:
    """Describe a node; `first_of` collects the first output of each call."""
    if node in structure.places:
        call, place = structure.places[node]
        return {"inside": at[call], "place": place, "what": what_is(node)}
    record: dict[str, Any] = {"name": node.name} if node.name else {}
    if node in calls:
        record["call"] = calls[node].module.scope.name
        record["output"] = calls[node].output
        record["of"] = [at[x] for x in calls[node].inputs]
        first = first_of.setdefault(id(calls[node].inputs), at[node])
        return record if first == at[node] else record | {"with": first}
    if isinstance(node, Input):
        return record | {"input": list(node.shape), "dtype": node.dtype}
    scopes = [part.title for part in node.scope]
    if isinstance(node, Parameter):
        if any(owned.node is node for owned in structure.owned.values()):
            raise ModelFileError(
                f"{describe(node)} is used before the only call of its layer in this "
                "model, so no file can say whose it is; make it with cr.parameter"
            )
        shape = list(node.value.shape)
        record |= {"parameter": shape, "trainable": node.learned}
        return record | ({"scope": scopes} if scopes else {})
    if isinstance(node, Constant):
        return record | {
            "constant": node.value.tolist(),
            "dtype": str(node.value.dtype),
        }
    if node.op is None:
        raise ModelFileError(f"{node!r} is a leaf that no file can hold")
    return (
        record
        | {
            "op": node.op.type_name,
            "fields": {
                field.name: _plain(getattr(node.op, field.name))
                for field in dataclasses.fields(node.op)  # type: ignore[arg-type]
            },
            "of": [at[x] for x in node.inputs],
            "scope": scopes,
        }
        | ({} if is_built_in(type(node.op)) else _shape_of(node))
    )


def _shape_of(node: Node) -> dict[str, Any]:
    """Return what is known of a node even where its op is missing."""
    return {"shape": list(node.shape), "dtype": node.dtype}


def what_is(node: Node) -> list[Any]:
    """Return the kind and shape of a node, to see that it is found again."""
    kind = node.op.type_name if node.op else type(node).__name__.lower()
    return [kind, list(node.shape)]


def _plain(value: Any) -> Any:
    """Return an op's attribute for JSON; a random stream without a name is null."""
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, UnnamedStream) else value
