"""Catalogs: all components of one kind by name, as in ``cr.layers``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from chainrule.component import Component, required_fields
from chainrule.errors import (
    ArgumentTypeError,
    UnknownAttributeError,
    UnknownNameError,
)
from chainrule.registry.registry import Registry


class Catalog(Mapping[str, Any]):
    """All components of one kind, by name.

    A name in lower case gives the component ready to use, with its defaults
    (``cr.losses.mse(t, y)``); a name in CamelCase gives the class
    (``cr.losses.Huber(delta=2.0)``). Functions are returned as they are. The same holds
    for ``catalog["name"]``.
    """

    def __init__(self, registry: Registry, kind: str) -> None:
        self._registry = registry
        self._kind = kind

    def __getitem__(self, name: str) -> Any:
        target = self._registry.find(self._kind, name).target
        ready = isinstance(target, type) and issubclass(target, Component)
        short = name.rpartition(":")[2]
        return target() if ready and not short[:1].isupper() else target

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self[name]
        except UnknownNameError as error:
            unknown = UnknownAttributeError(str(error))
            unknown.obj = self  # or Python 3.12 adds a suggestion of its own
            raise unknown from None

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise ArgumentTypeError(
            f"cr.{self._kind} has {self._kind} by name, and is no function: write "
            f"cr.{self._kind}.{next(iter(dir(self)))}(…)"
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self._registry.names(self._kind))

    def __len__(self) -> int:
        return len(self._registry.names(self._kind))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._registry.has(self._kind, name)

    def __dir__(self) -> list[str]:
        names = {"get", "items", "keys", "values"}
        for entry in self._registry.entries(self._kind):
            if isinstance(entry.target, type):
                names.add(entry.target.__name__)
                if issubclass(entry.target, Component) and (
                    required_fields(entry.target)
                ):
                    continue  # only the class can be given what it needs
            names.add(entry.name)
        return sorted(names)

    def __repr__(self) -> str:
        return f"<{self._kind}: {', '.join(self)}>"
