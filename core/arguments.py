"""Arguments, checked by the annotations of the parameters that they are given for."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import math
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from chainrule.annotations import Check, check_of
from chainrule.errors import ArgumentTypeError, did_you_mean

P = ParamSpec("P")
R = TypeVar("R")


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
    needed: float = math.inf  # so that the first call reads the annotations
    most: float = math.inf
    checks: tuple[tuple[int, str, Check], ...] = ()
    named = False

    def begin(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Signature:
        """Read the annotations if that is still to be done, and count arguments."""
        nonlocal read, needed, most, checks, named
        if read is None:
            read = Signature.of(function, owner)
            needed, most = read.needed, read.most
            checks, named = read.by_position, bool(read.required)
        read.check_number(args, kwargs)
        return read

    @functools.wraps(function)
    def door(*args: P.args, **kwargs: P.kwargs) -> R:
        count = len(args)
        if kwargs or named or count < needed or count > most:
            begin(args, kwargs).check_named(count, kwargs)
        for place, name, check in checks:
            if place >= count:
                break
            value = args[place]
            result = check(value, name)
            if result is not value:
                args = (*args[:place], result, *args[place + 1 :])  # type: ignore[assignment]
        return function(*args, **kwargs)

    return door


@dataclass(frozen=True)
class Signature:
    """What a function takes.

    Attributes:
        name: what messages call the function.
        positional: the names of the parameters that may be given by position.
        by_position: (place, name, check) of those of them that have a check.
        named: name → (place, check) of those that may be given by name.
        needed: how many of the positional ones have no default.
        most: how many arguments may be given by position.
        required: the keyword-only ones without a default.
        others: whether it takes any keyword.
    """

    name: str
    positional: tuple[str, ...]
    by_position: tuple[tuple[int, str, Check], ...]
    named: Mapping[str, tuple[float, Check | None]]
    needed: int
    most: float
    required: tuple[str, ...]
    others: bool

    @classmethod
    def of(cls, function: Callable[..., Any], owner: type | None = None) -> Signature:
        """Read the signature of a function, or of the constructor of a dataclass."""
        hints = typing.get_type_hints(owner or function, include_extras=True)
        every = list(inspect.signature(function).parameters.values())
        checks = {p.name: check_of(hints.get(p.name, Any)) for p in every}
        positional = [
            p for p in every if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        ]
        keyword_only = [p for p in every if p.kind is p.KEYWORD_ONLY]
        named: dict[str, tuple[float, Check | None]] = {
            p.name: (place, checks[p.name])
            for place, p in enumerate(positional)
            if p.kind is not p.POSITIONAL_ONLY
        } | {p.name: (math.inf, checks[p.name]) for p in keyword_only}
        return cls(
            name=owner.__name__ if owner else _name_of(function),
            positional=tuple(p.name for p in positional),
            by_position=tuple(
                (place, p.name, check)
                for place, p in enumerate(positional)
                if (check := checks[p.name]) is not None
            ),
            named=named,
            needed=sum(p.default is p.empty for p in positional),
            most=(
                math.inf
                if any(p.kind is p.VAR_POSITIONAL for p in every)
                else len(positional)
            ),
            required=tuple(p.name for p in keyword_only if p.default is p.empty),
            others=any(p.kind is p.VAR_KEYWORD for p in every),
        )

    def check_number(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Reject positional arguments that are too many, or missing."""
        names = self.positional
        if len(args) > self.most:
            visible = [name for name in names if name != "self"]
            listed = f" ({', '.join(visible)})" if visible else ""
            raise ArgumentTypeError(
                f"{self.name} takes {len(visible)} argument"
                f"{'' if len(visible) == 1 else 's'} by position{listed}, got "
                f"{len(args) - len(names) + len(visible)}"
            )
        self._check_missing(
            [name for name in names[len(args) : self.needed] if name not in kwargs]
        )

    def check_named(self, count: int, kwargs: dict[str, Any]) -> None:
        """Check the arguments given by name, and convert them in place.

        Args:
            count: how many were given by position.
            kwargs: those given by name.
        """
        for name in self.required:
            if name not in kwargs:
                self._check_missing([n for n in self.required if n not in kwargs])
        for name, value in kwargs.items():
            if name not in self.named:
                if self.others:
                    continue
                raise self._unknown(name)
            place, check = self.named[name]
            if place < count:
                raise ArgumentTypeError(f"{self.name} was given {name} twice")
            if check is not None:
                kwargs[name] = check(value, name)

    def _unknown(self, name: str) -> ArgumentTypeError:
        known = [known for known in self.named if known != "self"]
        hint = did_you_mean(name, known) if known else ""
        return ArgumentTypeError(f"{self.name} has no parameter {name!r}.{hint}")

    def _check_missing(self, missing: list[str]) -> None:
        if missing:
            write = ", ".join(f"{name}=…" for name in missing)
            raise ArgumentTypeError(
                f"{self.name} needs {', '.join(missing)}: write {self.name}({write})"
            )


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
