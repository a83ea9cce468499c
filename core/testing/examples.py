"""Examples of components, so that each class is checked without being listed."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Union

from chainrule.annotations import Range, kind_of
from chainrule.component import Component, field_types, required_fields
from chainrule.errors import ConformanceError
from chainrule.registry import registry

_CANDIDATES: Mapping[Any, tuple[Any, ...]] = {
    float: (0.5, 1.5, 0.0, -0.5), int: (3, 1, 0), bool: (True,), str: ("x",),
}  # fmt: skip


def example(cls: type[Component]) -> Component:
    """Return a component of a class, with values that its annotations allow.

    A class whose required hyperparameters depend on each other gives their values::

        class Reshape(cr.Layer):
            example = {"shape": (2, -1)}

    Raises:
        ConformanceError: nothing says what a required hyperparameter may be.
    """
    given: Mapping[str, Any] = getattr(cls, "example", {})
    hints = field_types(cls)
    filled = {
        name: given[name] if name in given else _value(hints[name], cls, name)
        for name in required_fields(cls)
    }
    return cls(**filled)


def _value(annotation: Any, cls: type[Component], name: str) -> Any:
    """Return a value that an annotation allows."""
    if kind := kind_of(annotation):
        return registry.names(kind)[0]
    ranges: list[Range] = []
    if typing.get_origin(annotation) is Annotated:
        annotation, *marks = typing.get_args(annotation)
        ranges = [mark for mark in marks if isinstance(mark, Range)]
    if typing.get_origin(annotation) in (Union, types.UnionType, Literal):
        first = typing.get_args(annotation)[0]
        literal = typing.get_origin(annotation) is Literal
        return first if literal else _value(first, cls, name)
    for candidate in _CANDIDATES.get(annotation, ()):
        if all(candidate in allowed for allowed in ranges):
            return candidate
    raise ConformanceError(
        f"nothing says what {cls.__name__}({name}=…) may be: give the class "
        f"example = {{{name!r}: …}}"
    )
