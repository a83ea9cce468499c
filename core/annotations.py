"""What can be declared of a field or a parameter: marks, and annotations with a name.

Annotations are those of ``typing``, and within ``Annotated`` the marks `Range`,
`SuchThat`, `Converted` and `OfKind`. `chainrule.checks` holds values against them.
"""

from __future__ import annotations

import collections.abc
import math
import os
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias, Union

from chainrule.errors import (
    ArgumentError,
    ArgumentTypeError,
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
    """A function that returns what was written as it is meant, or raises.

    Attributes:
        convert: the function.
        as_is: the types of which it returns every value as it is.
    """

    convert: Check
    as_is: tuple[type, ...] = ()


@dataclass(frozen=True)
class OfKind:
    """A mark for a component of one kind, which may be given by name or as a config.

    A class such as ``cr.Layer`` says the same without it.
    """

    kind: str


def kind_of(annotation: Any) -> str:
    """Return the kind of component that an annotation takes, or nothing.

    It is that of the mark `OfKind`, or of a class such as ``cr.Layer``.
    """
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        marked = [mark.kind for mark in arguments[1:] if isinstance(mark, OfKind)]
        return marked[0] if marked else kind_of(arguments[0])
    if origin in (Union, types.UnionType):
        kinds = {kind_of(x) for x in arguments if x is not type(None)}
        return kinds.pop() if len(kinds) == 1 else ""
    if isinstance(annotation, type) and hasattr(annotation, "from_config"):
        kind: str = getattr(annotation, "kind", "")
        return kind
    return ""


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
