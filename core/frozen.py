"""Frozen objects: setting an attribute that would have no effect is an error."""

from __future__ import annotations

import dis
import functools
import inspect
from collections.abc import Iterator
from types import CodeType
from typing import Any, ClassVar

from chainrule.errors import FrozenError, did_you_mean, shown


class Frozen:
    """Base of objects that are described completely by how they were made.

    An attribute can be set if a method of the object's class sets it, for then it is
    state that the class itself reads, or if its name begins with an underscore.

    Raises:
        FrozenError: any other attribute is set or deleted.
    """

    __slots__ = ()

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name.startswith("_") or self._may_set(name)):
            raise FrozenError(self._instead_of_setting(name, value))
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        if not (name.startswith("_") or self._may_set(name)):
            raise FrozenError(f"{_class_of(self)}: {name} cannot be deleted")
        object.__delattr__(self, name)

    def _may_set(self, name: str) -> bool:
        return name in assigned_by_methods(type(self))

    def _instead_of_setting(self, name: str, value: Any) -> str:
        """Say why an attribute cannot be set, and what to do instead."""
        cls = _class_of(self)
        if hasattr(type(self), name) or name in getattr(self, "__dict__", ()):
            return f"{cls}: {name} can be read, not set; got {shown(value)}"
        known = sorted(assigned_by_methods(type(self)))
        hint = did_you_mean(name, known) if known else ""
        yours = not type(self).__module__.startswith("chainrule.")
        own = " Let a method assign it, or begin its name with an underscore." * yours
        return (
            f"{cls} has no attribute {name!r}, so setting it would have no effect."
            f"{hint}{own}"
        )


class SetOnce:
    """Base of objects some of whose attributes are set once and never again.

    Raises:
        FrozenError: one of them is set again, an attribute that the class does not
            have is set, or one is deleted.
    """

    __slots__ = ()
    fixed: ClassVar[frozenset[str]] = frozenset()
    """The attributes that are set once."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.fixed and _is_set(self, name):
            raise FrozenError(self._instead_of_setting(name, value))
        try:
            object.__setattr__(self, name, value)
        except AttributeError:
            raise FrozenError(self._instead_of_setting(name, value)) from None

    def __delattr__(self, name: str) -> None:
        raise FrozenError(f"{_class_of(self)}: {name} cannot be deleted")

    def _instead_of_setting(self, name: str, value: Any) -> str:
        """Say why an attribute cannot be set, and what to do instead."""
        return f"{_class_of(self)}: {name} cannot be set; got {shown(value)}"


def _is_set(instance: object, name: str) -> bool:
    try:
        object.__getattribute__(instance, name)
    except AttributeError:
        return False
    return True


def assigned_by_methods(cls: type) -> frozenset[str]:
    """Return the names without an underscore that methods of a class assign."""
    return _assigned_by_methods(cls)


@functools.cache
def _assigned_by_methods(cls: type) -> frozenset[str]:
    functions = (
        function
        for base in cls.__mro__
        for member in vars(base).values()
        for function in _functions(member)
    )
    return frozenset(
        instruction.argval
        for function in functions
        for code in _nested(function.__code__)
        for instruction in dis.get_instructions(code)
        if instruction.opname == "STORE_ATTR" and not instruction.argval.startswith("_")
    )


def _functions(member: Any) -> Iterator[Any]:
    """Yield the functions of a method or property, which assign to its instance."""
    for part in (getattr(member, "fget", member), getattr(member, "fset", None)):
        if callable(part) and inspect.isfunction(inspect.unwrap(part)):
            yield inspect.unwrap(part)


def _nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant)


def _class_of(instance: Any) -> str:
    return type(instance).__name__
