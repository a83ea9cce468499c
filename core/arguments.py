"""Arguments, checked by the annotations of the parameters that they are given for."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import sys
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, ParamSpec, TypeVar

from chainrule.annotations import Check
from chainrule.checks import check_of, types_as_is
from chainrule.errors import ArgumentTypeError, did_you_mean
from chainrule.habits import advice

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

BY_NAME = sys.maxsize
"""Where a parameter stands that is given by name only: after all others."""


def checked(function: Callable[P, R], owner: type | None = None) -> Callable[P, R]:
    """Check every argument of a function or method where it enters.

    ::

        @checked
        def moons(n: PositiveInt = 400, *, noise: NonNegative = 0.1) -> Labelled: ...

    The annotations are read when the function is first called. What a parameter
    declares, `chainrule.annotations` describes; one without an annotation takes
    anything.

    Args:
        function: the function.
        owner: the dataclass whose constructor it is, and whose fields it takes.

    Raises:
        ArgumentTypeError: when called: an argument of another type, or one that is
            unknown, missing or too many.
        ArgumentError: when called: an argument that is out of range.
    """
    read: Signature | None = None
    needed = BY_NAME  # so that the first call reads the annotations
    most = 0
    by_position: tuple[Declared, ...] = ()
    by_name: Mapping[str, Declared] = {}

    def stop(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Reject a call that does not fit, once the annotations have been read."""
        nonlocal read, needed, most, by_position, by_name
        if read is None:
            read = Signature.of(function, owner)
            needed = BY_NAME if read.required else read.needed
            most, by_position, by_name = read.most, read.by_position, read.by_name
        fits = read
        if function.__name__ == "__call__" and args:  # which is that of a base class
            fits = dataclasses.replace(read, name=type(args[0]).__name__)
        fits.check_call(args, kwargs)

    @functools.wraps(function)
    def door(*args: P.args, **kwargs: P.kwargs) -> R:
        count = len(args)
        if count < needed or count > most:
            stop(args, kwargs)
        for place, name, as_is, check in by_position:
            if place >= count:
                break
            value = args[place]
            if type(value) not in as_is:
                result = check(value, name)
                if result is not value:
                    args = (*args[:place], result, *args[place + 1 :])  # type: ignore[assignment]
        for name, value in kwargs.items():
            place, _, as_is, check = by_name.get(name, UNKNOWN)
            if place < count:
                stop(args, kwargs)
            elif type(value) not in as_is:
                kwargs[name] = check(value, name)
        return function(*args, **kwargs)

    return door


def made_unchecked(cls: type[T], *args: Any, **kwargs: Any) -> T:
    """Make an object from arguments that were checked where they entered."""
    new = cls.__new__(cls)
    vars(cls)["__init__"].__wrapped__(new, *args, **kwargs)
    return new


class Declared(NamedTuple):
    """What is declared of one parameter.

    Attributes:
        place: its position among the arguments; `BY_NAME` if it has none.
        name: its name.
        as_is: types whose values it takes as they are; most values have one of them.
        check: its check.
    """

    place: int
    name: str
    as_is: frozenset[type]
    check: Check


def _anything(value: Any, where: str) -> Any:
    return value


UNKNOWN = Declared(-1, "", frozenset(), _anything)
"""Stands for a parameter that a function does not have."""


@dataclass(frozen=True)
class Signature:
    """What a function takes.

    Attributes:
        name: what messages call the function.
        place: where the table of habits lists what it lacks.
        positional: the names of the parameters that may be given by position.
        by_position: what is declared of them, where there is anything to check.
        by_name: what is declared of those that may be given by name.
        needed: how many of the positional ones have no default.
        most: how many arguments may be given by position.
        required: the keyword-only ones without a default.
        others: whether it takes any keyword.
        several: what it calls any number of arguments by position, or nothing.
    """

    name: str
    place: str
    positional: tuple[str, ...]
    by_position: tuple[Declared, ...]
    by_name: Mapping[str, Declared]
    needed: int
    most: int
    required: tuple[str, ...]
    others: bool
    several: str

    @classmethod
    def of(cls, function: Callable[..., Any], owner: type | None = None) -> Signature:
        """Read the signature of a function, or of the constructor of a dataclass."""
        hints = typing.get_type_hints(owner or function, include_extras=True)
        every = list(inspect.signature(function).parameters.values())
        spelled = _spelled_out(hints, every)
        positional = [
            p for p in every if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        ]
        keyword_only = [p for p in every if p.kind is p.KEYWORD_ONLY]

        def declared(name: str, place: int) -> Declared:
            annotation = hints.get(name, Any)
            check = check_of(annotation) or _anything
            return Declared(place, name, types_as_is(annotation), check)

        by_position = [declared(p.name, i) for i, p in enumerate(positional)]
        named = [
            each
            for each, p in zip(by_position, positional, strict=True)
            if p.kind is not p.POSITIONAL_ONLY
        ] + [declared(p.name, BY_NAME) for p in keyword_only]
        hints |= spelled
        named += [declared(name, BY_NAME) for name in spelled]
        several = next((p.name for p in every if p.kind is p.VAR_POSITIONAL), "")
        name = owner.__name__ if owner else _name_of(function)
        return cls(
            name=name,
            place=name,
            positional=tuple(each.name for each in by_position),
            by_position=tuple(d for d in by_position if d.check is not _anything),
            by_name={each.name: each for each in named},
            needed=sum(p.default is p.empty for p in positional),
            most=BY_NAME if several else len(positional),
            required=tuple(p.name for p in keyword_only if p.default is p.empty),
            others=not spelled and any(p.kind is p.VAR_KEYWORD for p in every),
            several=several,
        )

    def check_call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Reject arguments that are too many, unknown, given twice or missing."""
        names, count = self.positional, len(args)
        if count > self.most:
            visible = [name for name in names if name != "self"]
            listed = f" ({', '.join(visible)})" if visible else ""
            others = [name for name in self.by_name if name not in names]
            first = next(iter((*self.required, *others)), "")
            raise ArgumentTypeError(
                f"{self.name} takes {len(visible)} argument"
                f"{'' if len(visible) == 1 else 's'} by position{listed}, got "
                f"{count - len(names) + len(visible)}"
                + (f"; give the others by name, as in {first}=…" if first else "")
            )
        for name in kwargs:
            if name not in self.by_name:
                if not self.others:
                    raise self._unknown(name)
            elif self.by_name[name].place < count:
                raise ArgumentTypeError(f"{self.name} was given {name} twice")
        needed = (*names[count : self.needed], *self.required)
        missing = [name for name in needed if name not in kwargs]
        if missing:
            given = ", ".join(f"{name}=…" for name in missing)
            write = advice(missing[0], f"missing from {self.place}")
            raise ArgumentTypeError(
                f"{self.name} needs {', '.join(missing)}: "
                f"{write or f'write {self.name}({given})'}"
            )

    def _unknown(self, name: str) -> ArgumentTypeError:
        known = [known for known in self.by_name if known != "self"]
        text = f"{self.name} has no parameter {name!r}"
        if write := advice(name, self.place, "function"):
            return ArgumentTypeError(f"{text}: {write}")
        if self.several and not known:
            return ArgumentTypeError(f"{text}: give its {self.several} by position")
        hint = did_you_mean(name, known) if known else ""
        return ArgumentTypeError(f"{text}.{hint}")


def _spelled_out(
    hints: Mapping[str, Any], parameters: list[inspect.Parameter]
) -> dict[str, Any]:
    """Return what ``**look: Unpack[Look]`` takes: the keys of that TypedDict."""
    for parameter in parameters:
        hint = hints.get(parameter.name)
        if parameter.kind is parameter.VAR_KEYWORD and (
            typing.get_origin(hint) is typing.Unpack
        ):
            (keys,) = typing.get_args(hint)
            return typing.get_type_hints(keys, include_extras=True)
    return {}


def check_takes(function: Callable[..., Any], names: Sequence[str], what: str) -> None:
    """Reject a function of a user that cannot be called with these arguments.

    Raises:
        ArgumentTypeError: it takes more or fewer.
    """
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # some that are written in C have none
        return
    try:
        signature.bind(*names)
    except TypeError:
        raise ArgumentTypeError(
            f"{what} must be a function of ({', '.join(names)}), got one of {signature}"
        ) from None


def check_fields(instance: Any) -> None:
    """Check the fields of a dataclass by their annotations; values are converted.

    Raises:
        ArgumentError: a field has another type, or is out of range.
    """
    cls: Any = type(instance)
    for name, check, where in _field_checks(cls):
        value = getattr(instance, name)
        result = check(value, where)
        if result is not value:
            object.__setattr__(instance, name, result)


@functools.cache
def _field_checks(cls: Any) -> tuple[tuple[str, Check, str], ...]:
    hints = typing.get_type_hints(cls, include_extras=True)
    return tuple(
        (field.name, check, f"{cls.__name__}({field.name}=…)")
        for field in dataclasses.fields(cls)
        if field.init and (check := check_of(hints[field.name])) is not None
    )


def _name_of(function: Callable[..., Any]) -> str:
    """Return what a caller writes: the class for a constructor."""
    return function.__qualname__.removesuffix(".__init__").removesuffix(".__call__")
