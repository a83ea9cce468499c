"""Components built from the tables of a document, every value checked."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from chainrule.annotations import kind_of
from chainrule.checks import check_value
from chainrule.component import Component, field_types, required_fields
from chainrule.config.document import Document, Place
from chainrule.errors import did_you_mean
from chainrule.registry import registry


def build(document: Document, kind: str, value: Any, place: Place) -> Any:
    """Build a component of a kind from its name, or from a table with its ``type``.

    Raises:
        ConfigError: an unknown name or hyperparameter, or an invalid value.
    """
    if isinstance(value, str):
        with document.at(place):
            return registry.resolve(kind, value)
    if not isinstance(value, Mapping):
        raise document.error(place, f"{_path(place)} must be a name or a table")
    if not isinstance(value.get("type"), str):
        example = next(iter(registry.names(kind)), "…")
        raise document.error(place, f'{_path(place)} needs a name: type = "{example}"')
    with document.at((*place, "type")):
        entry = registry.find(kind, value["type"])
    given = {key: item for key, item in value.items() if key != "type"}
    return fill(document, entry.target, given, place, entry.name)


def fill(
    document: Document,
    cls: type[Component],
    table: Mapping[str, Any],
    place: Place,
    label: str,
) -> Any:
    """Build a component of a class from a table of its hyperparameters.

    Raises:
        ConfigError: an unknown, missing or invalid hyperparameter.
    """
    fields = inspect.signature(cls).parameters
    values = _checked(document, field_types(cls), fields, table, place, label)
    missing = [name for name in required_fields(cls) if name not in table]
    if missing:
        wanted = " and ".join(f"{name} = …" for name in missing)
        raise document.error(place, f"{label} needs {wanted}")
    with document.at(place):
        return cls(**values)


def call(
    document: Document,
    function: Callable[..., Any],
    table: Mapping[str, Any],
    place: Place,
    label: str,
) -> Callable[[], Any]:
    """Return a deferred call of a function with checked arguments.

    Raises:
        ConfigError: an unknown, missing or invalid argument.
    """
    parameters = inspect.signature(function).parameters
    hints = typing.get_type_hints(function, include_extras=True)
    values = _checked(document, hints, parameters, table, place, label)
    for name, parameter in parameters.items():
        if parameter.default is parameter.empty and name not in table:
            written = ".".join(map(str, (*place, name)))
            raise document.error(
                place,
                f"{label} needs {name} = …, or --set {written}=… on the command line",
            )

    def deferred() -> Any:
        with document.at(place):
            return function(**values)

    return deferred


def check_keys(
    document: Document,
    table: Mapping[str, Any],
    known: Iterable[str],
    place: Place,
    label: str,
) -> None:
    """Refuse unknown keys.

    Raises:
        ConfigError: for the first of them, with its line and a similar name.
    """
    known = list(known)
    for key in table:
        if key not in known:
            hint = did_you_mean(key, known) or " It takes none."
            raise document.error((*place, key), f"{label} has no {key!r}.{hint}")


def _checked(
    document: Document,
    hints: Mapping[str, Any],
    known: Iterable[str],
    table: Mapping[str, Any],
    place: Place,
    label: str,
) -> dict[str, Any]:
    check_keys(document, table, known, place, label)
    values = {}
    for name, value in table.items():
        inner: Place = (*place, name)
        annotation = hints.get(name, Any)
        kind = kind_of(annotation)
        if kind and isinstance(value, Mapping):
            values[name] = build(document, kind, value, inner)
        else:
            with document.at(inner):
                values[name] = check_value(value, annotation, f"{label}: {name}")
    return values


def _path(place: Place) -> str:
    name = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in place)
    return name.removeprefix(".")
