"""Reject a node used as a number, a truth value or a NumPy array, and say why."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from chainrule.errors import ArgumentTypeError, GraphError
from chainrule.habits import advice, unknown_attribute

_REFLECTED = {
    "add": "__radd__", "subtract": "__rsub__", "multiply": "__rmul__",
    "divide": "__rtruediv__", "power": "__rpow__", "matmul": "__rmatmul__",
    "less": "__gt__", "less_equal": "__ge__",
    "greater": "__lt__", "greater_equal": "__le__",
    "bitwise_and": "__rand__", "bitwise_or": "__ror__",
}  # fmt: skip
"""NumPy's function for an operator, as in ``array + node`` → the node's method."""


def _not_a_number(self: Symbolic, *details: Any, **options: Any) -> NoReturn:
    raise GraphError(
        f"{self!r} is an expression, not a number; "
        "cr.evaluate([node], …) computes numbers"
    )


def _no_operator(sign: str) -> Callable[..., Any]:
    def refuse(self: Symbolic, *others: Any) -> NoReturn:
        raise ArgumentTypeError(
            f"{sign} is no operator of expressions such as {self!r}; those are "
            "+ − * / ** @, comparisons, and & | ~ of truth values. Write it in "
            "cr.ops, or cr.evaluate it first"
        )

    return refuse


def _immutable(self: Symbolic, *details: Any) -> NoReturn:
    raise ArgumentTypeError(
        f"{self!r} is an expression: its elements cannot be set. Make a new one with "
        "cr.ops.where(condition, a, b) or cr.ops.concatenate([…])"
    )


class Symbolic:
    """Base of nodes: says what to write where only a number will do.

    A NumPy array may stand on either side of an operator.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        """Whether it is the same node; so nodes can be looked up in a dict or a list.

        Raises:
            GraphError: `other` is a number or numbers, with which it could be compared
                only when it is computed.
        """
        if isinstance(other, (int, float, complex, np.generic, np.ndarray)):
            raise GraphError(
                f"{self!r} is an expression, and == asks whether two are the same one: "
                f"to compare its values, write cr.ops.equal or cr.ops.not_equal"
            )
        return self is other if isinstance(other, Symbolic) else NotImplemented

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        raise GraphError(
            f"{self!r} has no truth value: it is an expression, not a number. "
            "Use cr.ops.where(condition, a, b), with cr.ops.logical_and, logical_or "
            "and logical_not for `and`, `or` and `not` (a < x < b is an `and`), or "
            "cr.evaluate it first"
        )

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise ArgumentTypeError(
            f"{self!r} is an expression, not a function: cr.evaluate([node], "
            "{input: value}) computes it, and cr.Model(x, node) makes a function of it"
        )

    def __format__(self, spec: str) -> str:
        return _not_a_number(self) if spec else str(self)

    __float__ = __int__ = __complex__ = __index__ = _not_a_number
    __round__ = __trunc__ = __floor__ = __ceil__ = __array__ = _not_a_number
    __floordiv__ = __rfloordiv__ = _no_operator("//")
    __mod__ = __rmod__ = _no_operator("%")
    __divmod__ = __rdivmod__ = _no_operator("divmod")
    __xor__ = __rxor__ = _no_operator("^")
    __lshift__ = __rlshift__ = _no_operator("<<")
    __rshift__ = __rrshift__ = _no_operator(">>")
    _no_modulus = _no_operator("pow(a, b, modulus)")
    __setitem__ = __delitem__ = _immutable

    def __array_function__(
        self, function: Any, types: Any, args: Any, kwargs: Any
    ) -> Any:
        self._reject_numpy(function)

    def __array_ufunc__(
        self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any
    ) -> Any:
        reflected = _REFLECTED.get(ufunc.__name__)
        plain = method == "__call__" and not kwargs
        if not (reflected and plain) or isinstance(inputs[0], Symbolic):
            self._reject_numpy(ufunc)
        return getattr(self, reflected)(inputs[0])

    def _reject_numpy(self, function: Any) -> NoReturn:
        name = function.__name__
        module = getattr(function, "__module__", "numpy").replace("numpy", "np")
        raise GraphError(
            f"{module}.{name} computes numbers, and {self!r} is an expression: "
            f"{_instead_of(name)}, or cr.evaluate it first"
        )

    if not TYPE_CHECKING:  # or type checkers would accept any attribute

        def __getattr__(self, name: str) -> NoReturn:
            write = f"write cr.ops.{name}(x)" if name in _functions() else ""
            raise unknown_attribute(self, name, "node", write)


def _functions() -> list[str]:
    """List the functions of `chainrule.ops`, which itself imports this module."""
    return [name for name in dir(import_module("chainrule.ops")) if name.islower()]


def _instead_of(name: str) -> str:
    """Say what to write instead of a function of NumPy."""
    if name in _functions():
        return f"write cr.ops.{name}"
    return advice(name, "ops") or f"cr.ops has no {name}"
