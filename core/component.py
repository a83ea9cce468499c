"""Components: classes whose typed fields are their hyperparameters.

Activations, layers, losses, optimizers … are dataclasses that derive from `Component`.
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
import os
import re
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Self

import numpy as np

from chainrule.arguments import check_fields, checked
from chainrule.checks import check_value
from chainrule.declarations import check_declaration, check_signatures
from chainrule.errors import (
    ArgumentError,
    ArgumentTypeError,
    HyperparameterError,
    did_you_mean,
    shown,
    with_article,
)
from chainrule.frozen import Frozen
from chainrule.habits import Answering, unknown_attribute
from chainrule.loadable import check_declared


def snake_case(name: str) -> str:
    """Return ``leaky_relu`` for ``LeakyRelu``, ``l1`` for ``L1``."""
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name).lower()


@typing.dataclass_transform(eq_default=False, field_specifiers=(dataclasses.field,))
class Component(Frozen, metaclass=Answering):
    """Base of everything that is configured by hyperparameters.

    A subclass declares its hyperparameters as annotated fields. It becomes a dataclass
    whose values are checked on construction, and fixed from then on.

    Raises:
        HyperparameterError: a hyperparameter is unknown or missing, has a value of the
            wrong type, or one out of range.
        FrozenError: a hyperparameter is set on an object that is made already.
    """

    kind: ClassVar[str] = ""
    """The kind that the registry lists it under, such as ``"layers"``."""
    type_name: ClassVar[str] = "component"
    """The name that the registry lists it under; by default that of the class."""
    aliases: ClassVar[tuple[str, ...]] = ()
    """Other names that the registry finds it by."""
    cuts_gradient: ClassVar[bool] = False
    """Whether its derivatives leave out by intent what `stop_gradient` cuts off."""
    foreign_names: ClassVar[tuple[str, ...]] = ()
    """Its names in other frameworks; a look-up of one suggests the name here."""
    foreign_options: ClassVar[Mapping[str, str]] = {}
    """For a hyperparameter that other frameworks have, what to write here."""
    foreign_methods: ClassVar[Mapping[str, str]] = {}
    """For a method that other frameworks call, the one that is called here."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "type_name" not in cls.__dict__:
            cls.type_name = snake_case(cls.__name__)
        check_declaration(cls, cls.foreign_methods)
        check_signatures(cls, cls._given_by_name())
        dataclass(eq=False, repr=False)(cls)

    @classmethod
    def _given_by_name(cls) -> Mapping[str, Sequence[str]]:
        """Return what chainrule gives methods by name, beside what their base names."""
        return {}

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        if inspect.isabstract(cls):
            missing = ", ".join(sorted(getattr(cls, "__abstractmethods__", ())))
            raise ArgumentTypeError(
                f"{cls.__name__} is abstract: define {missing} in a subclass"
            )
        _check_call(cls, args, kwargs)
        return super().__new__(cls)

    def __post_init__(self) -> None:
        try:
            check_fields(self)
        except ArgumentError as error:
            raise HyperparameterError(str(error)) from None
        cls = type(self)
        for name, annotation in field_types(cls).items():
            where = f"{cls.__name__}({name}=…)"
            check_declared(getattr(self, name), annotation, where)

    def _may_set(self, name: str) -> bool:
        cls: type = type(self)
        settable = _declared(cls).get(name)
        if settable is None:
            return super()._may_set(name)
        return settable or name not in vars(self)  # once, by the constructor

    def _instead_of_setting(self, name: str, value: Any) -> str:
        cls = type(self).__name__
        if name not in field_types(type(self)):
            return super()._instead_of_setting(name, value)
        return (
            f"{cls} is fixed once it is made, so {name} cannot be set: make another "
            f"one, {cls}({_with(self, name)}{name}={shown(value)})"
        )

    if not TYPE_CHECKING:  # or type checkers would accept any attribute

        def __getattr__(self, name: str) -> NoReturn:
            raise unknown_attribute(self, name, type(self).kind)

        def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
            name = type(self).__name__
            raise ArgumentTypeError(
                f"{with_article(name)} is used as it is, not called; write {name}(…) "
                "to make one with other hyperparameters"
            )

    def __getnewargs_ex__(self) -> tuple[tuple[()], dict[str, Any]]:
        return (), self.hyperparameters()  # `copy` and `pickle` call __new__ with them

    @checked
    def hyperparameters(self) -> dict[str, Any]:
        """Return the fields and their values, in the order they were declared."""
        return {f.name: getattr(self, f.name) for f in fields_of(type(self))}

    @checked
    def to_config(self) -> dict[str, Any]:
        """Return a description for JSON or TOML from which it can be made again."""
        changed = {name: _plain(value) for name, value in self._changed().items()}
        return {"type": type(self).type_name, **changed}

    @classmethod
    @checked
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Make a component from what `to_config` returned."""
        return cls(**{name: config[name] for name in config if name != "type"})

    @classmethod
    def migrate(cls, config: Mapping[str, Any], version: str) -> Mapping[str, Any]:
        """Return the config for this version of the class, given one that was saved.

        A class whose hyperparameters were renamed overrides it, so that models load
        that were saved with an earlier version of its distribution::

            @classmethod
            def migrate(cls, config, version):
                return {"alpha" if k == "a" else k: v for k, v in config.items()}

        Args:
            config: what `to_config` returned, with ``"type"``.
            version: the version of the distribution that the model was saved with.
        """
        return config

    def _changed(self) -> dict[str, Any]:
        """Return the hyperparameters that differ from their defaults."""
        hints = field_types(type(self))
        changed = {}
        for field in fields_of(type(self)):
            value, default = getattr(self, field.name), _default(field)
            if default is not dataclasses.MISSING:
                default = check_value(default, hints[field.name], field.name)
                same = _plain(value) == _plain(default)
                if same and type(value) is type(default):
                    continue
            changed[field.name] = value
        return changed

    def __repr__(self) -> str:
        required = required_fields(type(self))
        parts: dict[str, str] = dict.fromkeys(required, "")  # these come first
        for name, value in self._changed().items():
            simple = isinstance(value, Component) and not value._changed()
            shown = repr(type(value).type_name) if simple else repr(value)
            parts[name] = shown if name in required else f"{name}={shown}"
        return f"{type(self).__name__}({', '.join(parts.values())})"


def _with(component: Component, changed: str) -> str:
    """Write the hyperparameters that a copy with one changed must have, too."""
    others = required_fields(type(component))
    return "".join(
        f"{name}={shown(getattr(component, name))}, "
        for name in others
        if name != changed
    )


def fields_of(cls: type) -> list[dataclasses.Field[Any]]:
    """Return the fields that are hyperparameters, in the order they were declared."""
    return [f for f in dataclasses.fields(cls) if f.init]


@functools.cache
def _declared(cls: type) -> dict[str, bool]:
    """Return for each field whether it is state: no hyperparameter."""
    fields: Any = cls  # a dataclass, if it is a subclass of Component
    return {f.name: not f.init for f in dataclasses.fields(fields)}


def required_fields(cls: type) -> list[str]:
    """Return the names of the hyperparameters that have no default."""
    return [f.name for f in fields_of(cls) if _default(f) is dataclasses.MISSING]


def field_types(cls: type) -> Mapping[str, Any]:
    """Return the evaluated annotation of each hyperparameter."""
    return _field_types(cls)


@functools.cache
def _field_types(cls: type) -> Mapping[str, Any]:
    hints = typing.get_type_hints(cls, include_extras=True)
    return {f.name: hints[f.name] for f in fields_of(cls)}


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _check_call(
    cls: type[Component], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    """Reject hyperparameters that are unknown, too many or missing."""
    fields = fields_of(cls)
    known = [f.name for f in fields]
    positional = [f.name for f in fields if not f.kw_only]
    for name in kwargs:
        if name not in known:
            raise HyperparameterError(
                f"{cls.__name__} has no hyperparameter {name!r}."
                f"{_unannotated(cls, name)}"
                f"{_suggestion(cls, name) or did_you_mean(name, known)}"
            )
    if len(args) > len(positional):
        raise HyperparameterError(
            f"{cls.__name__} takes {len(positional)} values by position "
            f"({', '.join(positional)}), got {len(args)}"
        )
    for name in positional[: len(args)]:
        if name in kwargs:
            raise HyperparameterError(
                f"{cls.__name__} was given {name} twice, by position and as "
                f"{name}={shown(kwargs[name])}"
            )
    given = {*positional[: len(args)], *kwargs}
    missing = [name for name in required_fields(cls) if name not in given]
    if missing:
        raise HyperparameterError(
            f"{cls.__name__} needs {', '.join(missing)}: "
            f"write {cls.__name__}({', '.join(f'{name}=…' for name in missing)})"
        )


def _unannotated(cls: type[Component], name: str) -> str:
    """Say that an attribute of the class would be one, had it an annotation."""
    value = next((vars(b)[name] for b in cls.__mro__ if name in vars(b)), None)
    if value is None or callable(value) or isinstance(value, property):
        return ""
    return (
        f" {name} = {shown(value)} has no annotation, which makes it one: write "
        f"{name}: {type(value).__name__} = {shown(value)}."
    )


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
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return value
