"""Sublayers: what the modules in the fields of a module are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Protocol, TypeVar

from chainrule.errors import GraphError
from chainrule.scopes import Scope


class Sublayer(Protocol):
    """A module, as far as its name is concerned."""

    kind: ClassVar[str]
    type_name: ClassVar[str]

    @property
    def scope(self) -> Scope:
        """The scope that carries its name."""


M = TypeVar("M", bound=Sublayer)


def entries(fields: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the value of each field, or of each entry if it is a list, with its place.

    Places are ``inner`` for a field, and ``blocks_0``, ``blocks_1`` … for a list.
    """
    for name, value in fields.items():
        if isinstance(value, (list, tuple)):
            yield from ((f"{name}_{i}", entry) for i, entry in enumerate(value))
        else:
            yield name, value


def named(stored: Mapping[str, M], parent: Scope) -> dict[str, M]:
    """Return modules by their names in paths, and give their scopes these names.

    Args:
        stored: the modules by place.
        parent: the scope of the module that they are in.

    Raises:
        GraphError: two of them have one name.
    """
    types = Counter(inner.type_name for inner in stored.values())
    found: dict[str, M] = {}
    for place, inner in stored.items():
        by_type = inner.kind == "activations" and types[inner.type_name] == 1
        in_field = f"{inner.type_name}_1" if by_type else place
        name = getattr(inner, "name", None) or in_field  # whatever it was called before
        if name in found:
            raise GraphError(
                f"two layers in {parent.title} are called {name!r}; give each its own "
                f'name, such as name="{name}_b"'
            )
        found[name] = inner
        if inner.scope.name is None:
            inner.scope.name = name
    return found
