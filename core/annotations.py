"""Values checked by annotation: the type, range or kind that is declared for them.

``check_value(0.5, Positive, "lr")`` returns 0.5; for −1 it says that lr must be > 0.
Annotations are those of ``typing``, and within ``Annotated`` the marks `Range`,
`SuchThat`, `Converted` and `OfKind`. They are those of a component's fields and of a
function's parameters.
"""

from __future__ import annotations

import collections.abc
import functools
import importlib
import math
import os
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias, Union

import numpy as np
import numpy.typing as npt

from chainrule.errors import (
    ArgumentError,
    ArgumentTypeError,
    HyperparameterError,
    did_you_mean,
    shown,
    with_article,
)

Check: TypeAlias = Callable[[Any, str], Any]
"""Returns a value as it is declared, or raises; the text is what messages call it."""


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
class SuchThat:
    """A condition that values of a type must meet, and how a message says it."""

    holds: Callable[[Any], bool]
    words: str
    error: type[ArgumentError] = ArgumentError

    def __contains__(self, value: Any) -> bool:
        return self.holds(value)

    def __str__(self) -> str:
        return self.words


@dataclass(frozen=True)
class Converted:
    """A function that returns what was written as it is meant, or raises."""

    convert: Check


@dataclass(frozen=True)
class OfKind:
    """A mark for a component of one kind, which may be given by name or as a config."""

    kind: str


def as_path(value: Any, where: str) -> str | os.PathLike[str]:
    """Return a path as it was given, if a file can have it.

    Raises:
        ArgumentError: it is not a path, or holds what no path can hold.
    """
    if not isinstance(value, (str, os.PathLike)) or isinstance(os.fspath(value), bytes):
        raise ArgumentTypeError(f"{where} must be a str or a path, got {shown(value)}")
    try:
        possible = b"\0" not in os.fsencode(value)
    except UnicodeEncodeError:
        possible = False
    if not possible:
        raise ArgumentError(
            f"{where} must be a path that a file can have, got {str(value)!a}"
        )
    return value


Positive: TypeAlias = Annotated[float, Range(0, low_open=True)]
NonNegative: TypeAlias = Annotated[float, Range(0)]
Fraction: TypeAlias = Annotated[float, Range(0, 1, high_open=True)]
Probability: TypeAlias = Annotated[float, Range(0, 1)]
PositiveInt: TypeAlias = Annotated[int, Range(1)]
NonNegativeInt: TypeAlias = Annotated[int, Range(0)]
Seed: TypeAlias = Annotated[int, Range(0, 2**64 - 1)]
Name: TypeAlias = Annotated[str, SuchThat(bool, "a name of at least one character")]
FilePath: TypeAlias = Annotated[str | os.PathLike[str], Converted(as_path)]


def check_value(value: Any, annotation: Any, where: str) -> Any:
    """Return a value as its annotation declares it.

    Integers are taken for floats, lists for tuples, NumPy scalars for Python's, and
    names for components where `OfKind` says so.

    Args:
        value: what was given.
        annotation: the declared type.
        where: what the message calls the value, such as ``Adam(lr=…)``.

    Raises:
        ArgumentError: the value has another type, or is out of range.
        UnknownNameError: no component has that name.
    """
    check = check_of(annotation)
    return value if check is None else check(value, where)


def check_of(annotation: Any) -> Check | None:
    """Return the check of an annotation, or None if any value will do."""
    if annotation is Any or annotation is object or _is_array_like(annotation):
        return None
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        return _marked(arguments[0], arguments[1:])
    if origin in (Union, types.UnionType):
        return _union(arguments)
    if origin is Literal:
        return functools.partial(_check_literal, arguments)
    if origin is tuple:
        return _tuple(arguments)
    return _plain(annotation if origin is None else origin, arguments)


def _is_array_like(annotation: Any) -> bool:
    """Whether it takes NumPy's ArrayLike: data have checks of their own."""
    options = typing.get_args(npt.ArrayLike)
    return annotation == npt.ArrayLike or (
        typing.get_origin(annotation) in (Union, types.UnionType)
        and set(options) <= set(typing.get_args(annotation))
    )


def words_for(annotation: Any) -> str:
    """Say what an annotation takes, apart from None: ``an int or a str``."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        return words_for(arguments[0])
    if origin in (Union, types.UnionType):
        said = [option for option in arguments if option is not type(None)]
        return " or ".join(dict.fromkeys(map(words_for, said)))
    if origin is Literal:
        return f"one of {', '.join(map(repr, arguments))}"
    if annotation in (None, type(None)):
        return "None"
    named = origin or annotation
    return _WORDS.get(named) or with_article(getattr(named, "__name__", str(named)))


_WORDS = {
    collections.abc.Sequence: "a list",
    collections.abc.Iterable: "a list",
    collections.abc.Mapping: "a mapping",
    collections.abc.Callable: "a function",
    os.PathLike: "a path",
}


def _mismatch(value: Any, annotation: Any, where: str) -> ArgumentTypeError:
    return ArgumentTypeError(
        f"{where} must be {words_for(annotation)}, got {shown(value)}"
    )


def _marked(base: Any, marks: Sequence[Any]) -> Check | None:
    check = check_of(base)
    for mark in marks:
        if isinstance(mark, OfKind):
            optional = type(None) in typing.get_args(base)
            return functools.partial(_resolve, mark.kind, optional)
        if isinstance(mark, Converted):
            return mark.convert
    conditions = [mark for mark in marks if isinstance(mark, (Range, SuchThat))]
    if not conditions:
        return check

    def check_marked(value: Any, where: str) -> Any:
        if check is not None:
            value = check(value, where)
        for mark in conditions:
            if value is not None and value not in mark:
                error = getattr(mark, "error", ArgumentError)
                raise error(f"{where} must be {mark}, got {shown(value)}")
        return value

    return check_marked


def _resolve(kind: str, optional: bool, value: Any, where: str) -> Any:
    """Look a component up; the registry stands on this module, so it is found late."""
    if value is None and optional:
        return None
    home = importlib.import_module("chainrule.registry.registry")
    try:
        return home.registry.resolve(kind, value)
    except HyperparameterError as error:
        raise HyperparameterError(f"{where}: {error}") from None


def _union(options: Sequence[Any]) -> Check | None:
    checks = [check_of(option) for option in options if option is not type(None)]
    if None in checks:
        return None
    wanted: Any = Union.__getitem__(tuple(options))
    optional, plain = type(None) in options, _plain_types(wanted)

    def check_union(value: Any, where: str) -> Any:
        if type(value) in plain or (value is None and optional):
            return value
        failures: list[ArgumentTypeError] = []
        for check in checks:
            try:
                return check(value, where)  # type: ignore[misc]
            except ArgumentTypeError as error:
                failures.append(error)
        if len(failures) == 1 and not optional:
            raise failures[0]
        raise _mismatch(value, wanted, where)

    return check_union


def _plain_types(annotation: Any) -> frozenset[type]:
    """Return the types whose values a simple annotation takes as they are."""
    if annotation in (int, bool, type(None)):
        return frozenset({annotation})
    if typing.get_origin(annotation) in (Union, types.UnionType):
        parts = [_plain_types(option) for option in typing.get_args(annotation)]
        return frozenset().union(*parts) if all(parts) else frozenset()
    return frozenset()


def _check_literal(choices: Sequence[Any], value: Any, where: str) -> Any:
    if type(value) not in map(type, choices) or value not in choices:
        texts = [choice for choice in choices if isinstance(choice, str)]
        near = did_you_mean(value, texts) if isinstance(value, str) else ""
        hint = f".{near}" if "Did you mean" in near else ""
        error = ArgumentError if isinstance(value, str) and texts else ArgumentTypeError
        listed = ", ".join(map(repr, choices))
        raise error(f"{where} must be one of {listed}, got {shown(value)}{hint}")
    return value


def _tuple(items: Sequence[Any]) -> Check:
    checks = [None if item is Ellipsis else check_of(item) for item in items]
    several = len(items) == 2 and items[1] is Ellipsis
    plain = _plain_types(items[0]) if several else frozenset()
    plains = [_plain_types(item) for item in items]
    simple = not several and all(plains)

    def check_tuple(value: Any, where: str) -> Any:
        if plain and type(value) is tuple and plain.issuperset(map(type, value)):
            return value
        if simple and type(value) is tuple and len(value) == len(plains):
            for x, allowed in zip(value, plains, strict=True):
                if type(x) not in allowed:
                    break
            else:
                return value
        if isinstance(value, np.ndarray):
            value = value.tolist()
        if not isinstance(value, (tuple, list)):
            raise _mismatch(value, tuple, where)
        each = checks[:1] * len(value) if several else checks
        if len(value) != len(each):
            raise ArgumentError(
                f"{where} must have {len(each)} entries, got {shown(value)}"
            )
        pairs = zip(value, each, strict=True)
        return tuple(x if check is None else check(x, where) for x, check in pairs)

    return check_tuple


def _plain(wanted: Any, arguments: Sequence[Any]) -> Check | None:
    if wanted in _NUMBERS:
        return _NUMBERS[wanted]
    if not isinstance(wanted, type):
        return None
    if issubclass(wanted, Mapping):
        return functools.partial(_check_mapping, wanted, arguments)
    if wanted in (collections.abc.Sequence, collections.abc.Iterable):
        return functools.partial(
            _check_several, wanted, check_of(arguments[0]) if arguments else None
        )

    def check_instance(value: Any, where: str) -> Any:
        if isinstance(value, wanted):
            return value
        raise _mismatch(value, wanted, where)

    return check_instance


def _check_mapping(
    wanted: type[Mapping[Any, Any]], items: Sequence[Any], value: Any, where: str
) -> Any:
    if not isinstance(value, wanted):
        raise _mismatch(value, wanted, where)
    if items and items[0] is str:
        for key in value:
            _check_str(key, f"a name in {where}")
    return value


def _check_several(wanted: type, check: Check | None, value: Any, where: str) -> Any:
    """Check a list and its entries; what can be read only once becomes a tuple."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if not isinstance(value, (list, tuple)):
        one = check is not None and _is_one(check, value)
        other = isinstance(value, (str, bytes, Mapping)) or not isinstance(
            value, wanted
        )
        if one or other:
            hint = ": write […]" if one else ""
            raise ArgumentTypeError(f"{where} must be a list, got {shown(value)}{hint}")
    entries: Any = value
    if not isinstance(value, Sequence):
        entries = tuple(entries)
    if check is not None:
        for entry in entries:
            check(entry, f"each of {where}")
    return entries


def _is_one(check: Check, value: Any) -> bool:
    """Whether a value that is several is also one of them, such as a vector's node."""
    try:
        check(value, "")
    except ArgumentError:
        return False
    return True


def _unpacked(value: Any) -> Any:
    """Return a NumPy scalar as Python's, and anything else as it is."""
    one = isinstance(value, np.generic) or (
        isinstance(value, np.ndarray) and value.ndim == 0
    )
    return value.item() if one else value


def _check_int(value: Any, where: str) -> int:
    if type(value) is int:
        return value
    value = _unpacked(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _mismatch(value, int, where)
    return int(value)


def _check_float(value: Any, where: str) -> float:
    value = _unpacked(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _mismatch(value, float, where)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ArgumentError(f"{where} must be a finite number, got {shown(value)}")
    return number


def _check_bool(value: Any, where: str) -> bool:
    if value is True or value is False:
        return value
    value = _unpacked(value)
    if isinstance(value, bool):
        return value
    raise _mismatch(value, bool, where)


def _check_str(value: Any, where: str) -> str:
    value = _unpacked(value)
    if not isinstance(value, str):
        raise _mismatch(value, str, where)
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ArgumentError(
                f"{where} must be text that UTF-8 can hold, got {value!a}"
            ) from None
    return value


_NUMBERS: dict[Any, Check] = {
    int: _check_int, float: _check_float, bool: _check_bool, str: _check_str,
}  # fmt: skip
