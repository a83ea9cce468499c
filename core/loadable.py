"""Fields from which a component can be made again, whatever they hold."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Union

from chainrule.annotations import Converted, kind_of
from chainrule.errors import HyperparameterError, shown


def check_declared(value: Any, annotation: Any, where: str) -> None:
    """Reject a component in a field that does not say of which kind it is.

    Its config would be made, and nothing could make it again.

    Raises:
        HyperparameterError: says how to declare the field.
    """
    first = next(_components(value), None)
    if first is None or _says_kind(value, annotation):
        return
    base = next(c for c in type(first).__mro__ if "kind" in vars(c)).__name__
    wanted = f"cr.{base}" if value is first else f"tuple[cr.{base}, ...]"
    raise HyperparameterError(
        f"{where} holds {shown(first)}, which its annotation does not allow for, so "
        f"what is saved could not be loaded: declare it as {wanted}"
    )


def _components(value: Any) -> Iterator[Any]:
    """Yield the components in a value."""
    if kind_of(type(value)):
        yield value
    elif isinstance(value, (tuple, list)):
        for entry in value:
            yield from _components(entry)
    elif isinstance(value, Mapping):
        yield from _components(list(value.values()))


def _says_kind(value: Any, annotation: Any) -> bool:
    """Return whether an annotation says of which kind each component is."""
    if next(_components(value), None) is None or kind_of(annotation):
        return True
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        converted = any(isinstance(mark, Converted) for mark in arguments[1:])
        return converted or _says_kind(value, arguments[0])
    if origin in (Union, types.UnionType):
        return any(_says_kind(value, option) for option in arguments)
    if not arguments or not isinstance(value, (tuple, list)):
        return False
    if origin is tuple and Ellipsis not in arguments:
        return all(map(_says_kind, value, arguments))
    return all(_says_kind(entry, arguments[0]) for entry in value)
