"""Values held against what is declared of them: the type, the range or the kind.

``check_value(0.5, Positive, "lr")`` returns 0.5; for −1 it says that lr must be > 0.
What can be declared, `chainrule.annotations` describes.
"""

from __future__ import annotations

import collections.abc
import functools
import importlib
import math
import operator
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal, Union

import numpy as np
import numpy.typing as npt

from chainrule.annotations import (
    Check,
    Converted,
    OfKind,
    Range,
    SuchThat,
    kind_of,
    words_for,
)
from chainrule.errors import (
    ArgumentError,
    ArgumentTypeError,
    HyperparameterError,
    UnknownNameError,
    did_you_mean,
    shown,
)


def check_value(value: Any, annotation: Any, where: str) -> Any:
    """Return a value as its annotation declares it.

    Integers are taken for floats, lists for tuples, NumPy scalars for Python's, and
    names and configs for components where `OfKind` or their base class says so.

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
        return _literal(arguments)
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


def _mismatch(
    value: Any, annotation: Any, where: str, hint: str = ""
) -> ArgumentTypeError:
    return ArgumentTypeError(
        f"{where} must be {words_for(annotation)}, got {shown(value)}{hint}"
    )


def _marked(base: Any, marks: Sequence[Any]) -> Check | None:
    check = check_of(base)
    for mark in marks:
        if isinstance(mark, OfKind):
            optional = type(None) in typing.get_args(base)
            return functools.partial(_resolve, mark.kind, optional)
        if isinstance(mark, Converted):
            return mark.convert
    for mark in marks:
        if isinstance(mark, (Range, SuchThat)):
            check = _conditional(check, mark)
    return check


def _conditional(check: Check | None, condition: Range | SuchThat) -> Check:
    holds: Callable[[Any], bool] = condition.__contains__
    error = ArgumentError
    if isinstance(condition, SuchThat):
        holds, error = condition.holds, condition.error

    def check_condition(value: Any, where: str) -> Any:
        if check is not None:
            value = check(value, where)
        if value is None or holds(value):
            return value
        raise error(f"{where} must be {condition}, got {shown(value)}")

    return check_condition


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
    others = [option for option in options if option is not type(None)]
    others.sort(key=lambda option: bool(kind_of(option)))  # a str is first a str
    checks = [check_of(option) for option in others]
    if None in checks:
        return None
    wanted: Any = Union.__getitem__(tuple(options))
    optional, plain = type(None) in options, types_as_is(wanted)

    def check_union(value: Any, where: str) -> Any:
        if type(value) in plain:
            return value
        failures: list[ArgumentTypeError | UnknownNameError] = []
        for check in checks:
            try:
                return check(value, where)  # type: ignore[misc]
            except (ArgumentTypeError, UnknownNameError) as error:
                failures.append(error)
        for failure in failures:
            if isinstance(failure, UnknownNameError):
                raise failure
        entries = isinstance(value, (tuple, list))  # then None was not meant
        if len(failures) == 1 and (entries or not optional):
            raise failures[0]
        raise _mismatch(value, wanted, where)

    return check_union


def types_as_is(annotation: Any) -> frozenset[type]:
    """Return types whose every value an annotation takes as it is.

    A value of exactly such a type needs no check.
    """
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        converted = [mark for mark in arguments[1:] if isinstance(mark, Converted)]
        return frozenset(converted[0].as_is if converted else ())
    if origin in (Union, types.UnionType):
        return frozenset().union(*map(types_as_is, arguments))
    if annotation is None:
        return frozenset({type(None)})
    if isinstance(annotation, type) and origin is None:
        entries = annotation in _SEVERAL or issubclass(annotation, Mapping)
        if not entries and annotation not in (float, str):
            return frozenset({annotation})
    return frozenset()


def _literal(choices: Sequence[Any]) -> Check:
    kinds = frozenset(map(type, choices))
    texts = [choice for choice in choices if isinstance(choice, str)]

    def check_literal(value: Any, where: str) -> Any:
        if type(value) not in kinds:
            value = _unpacked(value)
        if type(value) in kinds and value in choices:
            return value
        near = did_you_mean(value, texts) if isinstance(value, str) else ""
        hint = f".{near}" if "Did you mean" in near else ""
        error = ArgumentError if isinstance(value, str) and texts else ArgumentTypeError
        listed = ", ".join(map(repr, choices))
        raise error(f"{where} must be one of {listed}, got {shown(value)}{hint}")

    return check_literal


def _tuple(items: Sequence[Any]) -> Check:
    several = len(items) == 2 and items[1] is Ellipsis
    return _tuple_of_one(items[0]) if several else _tuple_of_many(items)


def _tuple_of_one(item: Any) -> Check:
    """Check a tuple of any length, whose entries are declared alike."""
    check, as_is = check_of(item), types_as_is(item)

    def check_tuple(value: Any, where: str) -> Any:
        if type(value) is tuple and as_is.issuperset(map(type, value)):
            return value
        entries = _entries(value, where)
        return tuple(x if check is None else check(x, where) for x in entries)

    return check_tuple


def _tuple_of_many(items: Sequence[Any]) -> Check:
    """Check a tuple of a given length, whose entries are declared one by one."""
    checks = [check_of(item) for item in items]

    def check_tuple(value: Any, where: str) -> Any:
        entries = _entries(value, where)
        if len(entries) != len(items):
            raise ArgumentError(
                f"{where} must have {len(items)} entries, got {shown(value)}"
            )
        pairs = zip(entries, checks, strict=True)
        return tuple(x if check is None else check(x, where) for x, check in pairs)

    return check_tuple


def _entries(value: Any, where: str) -> Sequence[Any]:
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if not isinstance(value, (tuple, list)):
        raise _mismatch(value, tuple, where)
    return value


_SEVERAL = (collections.abc.Sequence, collections.abc.Iterable)


def _plain(wanted: Any, arguments: Sequence[Any]) -> Check | None:
    if wanted in _NUMBERS:
        return _NUMBERS[wanted]
    if not isinstance(wanted, type):
        return None
    if issubclass(wanted, Mapping):
        return functools.partial(_check_mapping, wanted, arguments)
    if wanted in _SEVERAL:
        return functools.partial(
            _check_several, wanted, check_of(arguments[0]) if arguments else None
        )

    if wanted is list:
        check = check_of(arguments[0]) if arguments else None
        return functools.partial(_check_list, check)
    if kind := kind_of(wanted):
        return functools.partial(_check_component, wanted, kind)

    def check_instance(value: Any, where: str) -> Any:
        if isinstance(value, wanted):
            return value
        raise _mismatch(value, wanted, where)

    return check_instance


def _check_component(wanted: type, kind: str, value: Any, where: str) -> Any:
    """Check a component of a class, which files have by its name or as a config."""
    if isinstance(value, wanted):
        return value
    made = value
    function = callable(value) and not kind_of(type(value))  # or a class
    if isinstance(value, (str, Mapping)) or function:
        try:
            made = _resolve(kind, False, value, where)
        except UnknownNameError as error:
            raise UnknownNameError(f"{where}: {error}") from None
    if isinstance(made, wanted):
        return made
    raise _mismatch(value, wanted, where)


def _check_list(check: Check | None, value: Any, where: str) -> Any:
    """Check a list and its entries."""
    if not isinstance(value, list):
        raise _mismatch(value, list, where)
    if check is None:
        return value
    checked = [check(entry, f"each of {where}") for entry in value]
    return value if all(map(operator.is_, checked, value)) else checked


def _check_mapping(
    wanted: type[Mapping[Any, Any]], items: Sequence[Any], value: Any, where: str
) -> Any:
    if not isinstance(value, wanted):
        raise _mismatch(value, wanted, where)
    if items and items[0] is str:
        for key in value.keys():  # noqa: SIM118 - a ByName is not iterated
            _check_str(key, f"a name in {where}")
    return value


_NO_LIST = (str, bytes, bytearray, memoryview, Mapping)


def _check_several(wanted: type, check: Check | None, value: Any, where: str) -> Any:
    """Check a list and its entries; what can be read only once becomes a tuple."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if not isinstance(value, (list, tuple)):
        one = check is not None and _is_one(check, value)
        other = isinstance(value, _NO_LIST) or not isinstance(value, wanted)
        if one or other:
            hint = ": write […]" if one else ""
            raise ArgumentTypeError(f"{where} must be a list, got {shown(value)}{hint}")
    if check is None:
        return value if isinstance(value, Sequence) else tuple(value)
    each = f"each of {where}"
    checked = tuple([check(entry, each) for entry in value])
    same = isinstance(value, Sequence) and all(map(operator.is_, checked, value))
    return value if same else checked


def _is_one(check: Check, value: Any) -> bool:
    """Whether a value that is several is also one of them, such as a vector's node."""
    try:
        check(value, "")
    except (ArgumentError, UnknownNameError):
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
    value = _unpacked(value)
    if isinstance(value, bool):
        return value
    raise _mismatch(value, bool, where)


def _check_str(value: Any, where: str) -> str:
    if type(value) is not str:
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
