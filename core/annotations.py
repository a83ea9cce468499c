"""Values checked by annotation: the type, range or kind that a field declares.

``check_value(0.5, Positive, "lr")`` returns 0.5; for −1 it says that lr must be > 0.
Annotations are those of ``typing``, and within ``Annotated`` the marks `Range` and
`OfKind`.
"""

from __future__ import annotations

import importlib
import math
import types
import typing
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias, Union

import numpy as np

from chainrule.errors import HyperparameterError, with_article


@dataclass(frozen=True)
class Range:
    """The interval that a number must lie in; an open end is excluded."""

    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False

    def __contains__(self, value: float) -> bool:
        above = value > self.low if self.low_open else value >= self.low
        below = value < self.high if self.high_open else value <= self.high
        return above and below

    def __str__(self) -> str:
        low, high = (
            x if isinstance(x, int) else f"{x:g}" for x in (self.low, self.high)
        )
        if self.high == math.inf:
            return f"{'>' if self.low_open else '≥'} {low}"
        left, right = "(" if self.low_open else "[", ")" if self.high_open else "]"
        return f"in {left}{low}, {high}{right}"


@dataclass(frozen=True)
class OfKind:
    """A mark for a component of one kind, which may be given by name or as a config."""

    kind: str


Positive: TypeAlias = Annotated[float, Range(0, low_open=True)]
NonNegative: TypeAlias = Annotated[float, Range(0)]
Fraction: TypeAlias = Annotated[float, Range(0, 1, high_open=True)]
Probability: TypeAlias = Annotated[float, Range(0, 1)]
PositiveInt: TypeAlias = Annotated[int, Range(1)]
NonNegativeInt: TypeAlias = Annotated[int, Range(0)]
Seed: TypeAlias = Annotated[int, Range(0, 2**64 - 1)]


def check_value(value: Any, annotation: Any, where: str) -> Any:
    """Return a value as its annotation declares it.

    Integers are taken for floats, lists for tuples, NumPy scalars for Python's, and
    names for components where `OfKind` says so.

    Args:
        value: what was given.
        annotation: the declared type.
        where: what the message calls the value, such as ``Adam(lr=…)``.

    Raises:
        HyperparameterError: the value has another type, or is out of range.
        UnknownNameError: no component has that name.
    """
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation is Any:
        return value
    if origin is Annotated:
        return _check_marked(value, arguments[0], arguments[1:], where)
    if origin in (Union, types.UnionType):
        return _check_union(value, arguments, where)
    if origin is Literal:
        return _check_literal(value, arguments, where)
    if origin is tuple:
        return _check_tuple(value, arguments, where)
    if origin is not None:
        annotation = origin if isinstance(origin, type) else object
    return _check_plain(value, annotation, where)


def _check_marked(value: Any, base: Any, marks: tuple[Any, ...], where: str) -> Any:
    for mark in marks:
        if isinstance(mark, OfKind):
            optional = type(None) in typing.get_args(base)
            return None if value is None and optional else _resolve(mark.kind, value)
    value = check_value(value, base, where)
    for mark in marks:
        if isinstance(mark, Range) and value is not None and value not in mark:
            raise HyperparameterError(f"{where} must be {mark}, got {value!r}")
    return value


def _resolve(kind: str, value: Any) -> Any:
    """Look a component up; the registry stands on this module, so it is found late."""
    home = importlib.import_module("chainrule.registry.registry")
    return home.registry.resolve(kind, value)


def _check_union(value: Any, options: tuple[Any, ...], where: str) -> Any:
    if value is None and type(None) in options:
        return None
    failures = []
    for option in options:
        if option is not type(None):
            try:
                return check_value(value, option, where)
            except HyperparameterError as error:
                failures.append(error)
    raise failures[0]


def _check_literal(value: Any, choices: tuple[Any, ...], where: str) -> Any:
    if value not in choices:
        raise HyperparameterError(
            f"{where} must be one of {', '.join(map(repr, choices))}, got {value!r}"
        )
    return value


def _check_tuple(value: Any, items: tuple[Any, ...], where: str) -> Any:
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if not isinstance(value, (tuple, list)):
        raise HyperparameterError(f"{where} must be a tuple, got {value!r}")
    if len(items) == 2 and items[1] is Ellipsis:
        items = (items[0],) * len(value)
    if len(value) != len(items):
        raise HyperparameterError(
            f"{where} must have {len(items)} entries, got {value!r}"
        )
    pairs = zip(value, items, strict=True)
    return tuple(check_value(entry, item, where) for entry, item in pairs)


def _check_plain(value: Any, wanted: Any, where: str) -> Any:
    if isinstance(value, np.generic) or (
        isinstance(value, np.ndarray) and value.ndim == 0
    ):
        value = value.item()
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if wanted is int and isinstance(value, bool):
        raise HyperparameterError(f"{where} must be an int, got {value!r}")
    if isinstance(wanted, type) and not isinstance(value, wanted):
        raise HyperparameterError(
            f"{where} must be {with_article(wanted.__name__)}, got {value!r}"
        )
    if wanted is float and not math.isfinite(value):
        raise HyperparameterError(f"{where} must be a finite number, got {value}")
    return value
