"""Components: classes whose typed fields are their hyperparameters.

Activations, layers, losses, optimizers … are dataclasses made from `Component`.
Configs, checkpoints, ``repr``, the command line and the documentation are generated
from the fields, and each value is checked against its annotation::

    class Adam(Optimizer):
        lr: Positive = 1e-3
        beta_1: Fraction = 0.9
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import math
import re
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias, Union

import numpy as np

from chainrule.errors import HyperparameterError, did_you_mean


@dataclass(frozen=True)
class Range:
    """An interval that a number must lie in; open ends are excluded."""

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
class Kind:
    """A field that holds a component of this registry kind, given as object or name."""

    name: str


Positive: TypeAlias = Annotated[float, Range(0, low_open=True)]
NonNegative: TypeAlias = Annotated[float, Range(0)]
Fraction: TypeAlias = Annotated[float, Range(0, 1, high_open=True)]
Probability: TypeAlias = Annotated[float, Range(0, 1)]
PositiveInt: TypeAlias = Annotated[int, Range(1)]
NonNegativeInt: TypeAlias = Annotated[int, Range(0)]
Seed: TypeAlias = Annotated[int, Range(0, 2**64 - 1)]

Resolver = Callable[[str, Any], Any]
_resolver: list[Resolver] = []


def set_resolver(resolver: Resolver) -> None:
    """Install the function that turns (kind, name or config) into a component."""
    _resolver[:] = [resolver]


def snake_case(name: str) -> str:
    """Return ``leaky_relu`` for ``LeakyRelu``, ``l1`` for ``L1``."""
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name).lower()


@typing.dataclass_transform(eq_default=False, field_specifiers=(dataclasses.field,))
class Component:
    """Base of everything that is configured by hyperparameters.

    A subclass states its hyperparameters as annotated fields; it becomes a dataclass
    and its values are checked on construction.

    Raises:
        HyperparameterError: for an unknown hyperparameter, a value of the wrong type,
            or one outside its range.
    """

    kind: ClassVar[str] = ""
    type_name: ClassVar[str] = "component"
    aliases: ClassVar[tuple[str, ...]] = ()
    """Other names that the registry knows the component by."""
    foreign_names: ClassVar[tuple[str, ...]] = ()
    """What other frameworks call it; not names here, but a look-up suggests it."""
    foreign_options: ClassVar[Mapping[str, str]] = {}
    """For a hyperparameter that other frameworks have, what to write here."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "type_name" not in cls.__dict__:
            cls.type_name = snake_case(cls.__name__)
        dataclass(eq=False, repr=False)(cls)

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        if inspect.isabstract(cls):
            missing = ", ".join(sorted(getattr(cls, "__abstractmethods__", ())))
            raise TypeError(
                f"{cls.__name__} is abstract: define {missing} in a subclass"
            )
        fields = fields_of(cls)
        known = [f.name for f in fields]
        positional = [f.name for f in fields if not f.kw_only]
        for name in kwargs:
            if name not in known:
                raise HyperparameterError(
                    f"{cls.__name__} has no hyperparameter {name!r}."
                    f"{_suggestion(cls, name) or did_you_mean(name, known)}"
                )
        if len(args) > len(positional):
            raise HyperparameterError(
                f"{cls.__name__} takes {len(positional)} values by position "
                f"({', '.join(positional)}), got {len(args)}"
            )
        given = {*positional[: len(args)], *kwargs}
        wanted = [name for name in required_fields(cls) if name not in given]
        if wanted:
            raise HyperparameterError(
                f"{cls.__name__} needs {', '.join(wanted)}: "
                f"write {cls.__name__}({', '.join(f'{w}=…' for w in wanted)})"
            )
        return super().__new__(cls)

    def __post_init__(self) -> None:
        hints = field_types(type(self))
        for field in fields_of(type(self)):
            value = getattr(self, field.name)
            where = f"{type(self).__name__}({field.name}=…)"
            checked = check_value(value, hints[field.name], where)
            object.__setattr__(self, field.name, checked)

    def __getnewargs_ex__(self) -> tuple[tuple[()], dict[str, Any]]:
        return (), self.hyperparameters()  # `copy` and `pickle` call __new__ with them

    def hyperparameters(self) -> dict[str, Any]:
        """Return the fields and their values, in the order they were declared."""
        return {f.name: getattr(self, f.name) for f in fields_of(type(self))}

    def to_config(self) -> dict[str, Any]:
        """Return what a JSON or TOML file needs to make this component again."""
        config: dict[str, Any] = {"type": type(self).type_name}
        for name, value in self._changed().items():
            config[name] = _plain(value)
        return config

    def _changed(self) -> dict[str, Any]:
        hints = field_types(type(self))
        changed = {}
        for field in fields_of(type(self)):
            value = getattr(self, field.name)
            default = _default(field)
            if default is not dataclasses.MISSING:
                default = check_value(default, hints[field.name], field.name)
                same = _plain(value) == _plain(default)
                if same and type(value) is type(default):
                    continue
            changed[field.name] = value
        return changed

    def __repr__(self) -> str:
        required = [
            f.name
            for f in dataclasses.fields(self)  # type: ignore[arg-type]
            if f.default is dataclasses.MISSING
        ]
        parts = []
        for name, value in self._changed().items():
            simple = isinstance(value, Component) and not value._changed()
            shown = repr(type(value).type_name) if simple else repr(value)
            parts.append(shown if name in required else f"{name}={shown}")
        return f"{type(self).__name__}({', '.join(parts)})"


def _suggestion(cls: type[Component], name: str) -> str:
    """Say what to write for a foreign option, in the words of the nearest base."""
    every = (vars(base).get("foreign_options", {}) for base in cls.__mro__)
    return next((f" Write {each[name]}." for each in every if name in each), "")


def _plain(value: Any) -> Any:
    if isinstance(value, Component):
        config = value.to_config()
        return config["type"] if len(config) == 1 else config
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return value.tolist()
    return value


def fields_of(cls: type) -> list[dataclasses.Field[Any]]:
    """Return the fields that are hyperparameters, in the order they were declared."""
    return [f for f in dataclasses.fields(cls) if f.init]


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def required_fields(cls: type) -> list[str]:
    """Return the names of the hyperparameters that have no default."""
    return [
        f.name
        for f in fields_of(cls)
        if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    ]


def field_types(cls: type) -> dict[str, Any]:
    """Return the evaluated annotations of a component's fields."""
    return _field_types(cls)


@functools.cache
def _field_types(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls, include_extras=True)


def check_value(value: Any, annotation: Any, where: str) -> Any:
    """Return `value` as its annotation wants it, or say why it does not fit.

    Integers are taken where a float is wanted, lists where a tuple is, NumPy scalars
    where Python's are; a `Kind` field resolves names through the registry.

    Raises:
        HyperparameterError: the value has the wrong type or is out of range.
    """
    origin = typing.get_origin(annotation)
    if annotation is Any:
        return value
    if origin is Annotated:
        base, *marks = typing.get_args(annotation)
        for mark in marks:
            if isinstance(mark, Kind):
                return _resolve(value, base, mark, where)
        value = check_value(value, base, where)
        for mark in marks:
            if isinstance(mark, Range) and value is not None and value not in mark:
                raise HyperparameterError(f"{where} must be {mark}, got {value!r}")
        return value
    if origin in (Union, types.UnionType):
        return _check_union(value, typing.get_args(annotation), where)
    if origin is Literal:
        choices = typing.get_args(annotation)
        if value not in choices:
            raise HyperparameterError(
                f"{where} must be one of {', '.join(map(repr, choices))}, got {value!r}"
            )
        return value
    if origin is tuple:
        return _check_tuple(value, typing.get_args(annotation), where)
    if origin is not None:
        annotation = origin if isinstance(origin, type) else object
    return _check_plain(value, annotation, where)


def _resolve(value: Any, base: Any, mark: Kind, where: str) -> Any:
    if value is None and type(None) in typing.get_args(base):
        return None
    if not _resolver:
        return value
    return _resolver[0](mark.name, value)


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


def _check_tuple(value: Any, items: tuple[Any, ...], where: str) -> Any:
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if not isinstance(value, (tuple, list)):
        raise HyperparameterError(f"{where} must be a tuple, got {value!r}")
    if len(items) == 2 and items[1] is Ellipsis:
        return tuple(check_value(item, items[0], where) for item in value)
    if len(value) != len(items):
        raise HyperparameterError(
            f"{where} must have {len(items)} entries, got {value!r}"
        )
    return tuple(
        check_value(item, kind, where) for item, kind in zip(value, items, strict=True)
    )


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
        article = "an" if wanted.__name__[0] in "aeiou" else "a"
        raise HyperparameterError(
            f"{where} must be {article} {wanted.__name__}, got {value!r}"
        )
    if wanted is float and not math.isfinite(value):
        raise HyperparameterError(f"{where} must be a finite number, got {value}")
    return value


def from_config(cls: type[Component], config: Mapping[str, Any]) -> Component:
    """Make a component of `cls` from what `Component.to_config` returned."""
    fields = {name: value for name, value in config.items() if name != "type"}
    made: Component = cls(**fields)
    return made
