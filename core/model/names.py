"""The names in a model: of its layers, its parameters and its outputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Protocol

from chainrule.calls import calls
from chainrule.errors import GraphError
from chainrule.graph import topological
from chainrule.kinds.owned import OwnedParameter
from chainrule.node import Node, Parameter
from chainrule.scopes import Scope


class Part(Protocol):
    """A layer, an activation, or a model that is used as a layer."""

    kind: ClassVar[str]

    @property
    def scope(self) -> Scope:
        """The scope that carries its name."""

    def owned_parameters(self) -> Iterable[tuple[str, OwnedParameter]]:
        """Yield (path, parameter) for everything it owns."""

    def to_config(self) -> dict[str, Any]:
        """Return a description for a file from which it can be made again."""


def name_parts(parts: Iterable[Part]) -> None:
    """Give every part without a name a unique one: dense_1, dense_2, dropout_1 ….

    Raises:
        GraphError: two parts have one name, or a name contains a slash.
    """
    parts = list(parts)
    taken: set[str] = set()
    for part in parts:
        name = part.scope.name
        if name is not None and (not isinstance(name, str) or not name or "/" in name):
            raise GraphError(
                f"a layer cannot be called {name!r}: a name must be text without '/', "
                "which separates the names in a path"
            )
        if name in taken:
            raise GraphError(
                f"two layers are called {name!r}; give each its own name, "
                f'such as name="{name}_b"'
            )
        if name:
            taken.add(name)
    numbers: Counter[str] = Counter()
    for part in parts:
        if part.scope.name is None:
            label = part.scope.label
            numbers[label] += 1
            while f"{label}_{numbers[label]}" in taken:
                numbers[label] += 1
            part.scope.name = f"{label}_{numbers[label]}"


def owned_by_path(parts: Iterable[Part]) -> dict[str, OwnedParameter]:
    """Return path → parameter for everything that the parts own; shared ones once."""
    found: dict[str, OwnedParameter] = {}
    seen: set[Parameter] = set()
    for part in parts:
        for path, owned in part.owned_parameters():
            if owned.node not in seen:
                seen.add(owned.node)
                found[f"{part.scope.name}/{path}"] = owned
    return found


def parameters_by_path(
    outputs: Sequence[Node], owned: Mapping[str, OwnedParameter]
) -> dict[str, Parameter]:
    """Return path → parameter for everything that the outputs depend on.

    Raises:
        GraphError: two parameters that no layer owns have one name.
    """
    used = dict.fromkeys(n for n in topological(outputs) if isinstance(n, Parameter))
    found = {path: one.node for path, one in owned.items() if one.node in used}
    for node in found.values():
        del used[node]
    for node in used:
        scopes = [part.title for part in node.scope]
        path = "/".join((*scopes, node.name or "parameter"))
        if path in found:
            raise GraphError(
                f"two parameters are called {path!r}; give each its own name"
            )
        found[path] = node
    return found


def output_names(outputs: Sequence[Node]) -> tuple[str, ...]:
    """Return a name for each output: that of its layer, or its own, or output_1 ….

    If two have one name, all are numbered.
    """
    numbered = [f"output_{number}" for number in range(1, len(outputs) + 1)]
    names = []
    for node, number in zip(outputs, numbered, strict=True):
        layer = calls[node].module.scope.name if node in calls else None
        names.append(layer or node.name or number)
    return tuple(names if len(set(names)) == len(names) else numbered)
