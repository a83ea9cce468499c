"""Reject a node used as a number, a truth value or a NumPy array."""

from __future__ import annotations

from typing import Any, NoReturn

from chainrule.errors import GraphError

_REFLECTED = {
    "add": "__radd__", "subtract": "__rsub__", "multiply": "__rmul__",
    "divide": "__rtruediv__", "power": "__rpow__", "matmul": "__rmatmul__",
    "less": "__gt__", "less_equal": "__ge__",
    "greater": "__lt__", "greater_equal": "__le__",
}  # fmt: skip
"""NumPy's function for an operator, as in ``array + node`` → the node's method."""


class Symbolic:
    """Base of nodes: says what to write where only a number will do.

    A NumPy array may stand on either side of an operator.
    """

    __slots__ = ()

    def __bool__(self) -> bool:
        raise GraphError(
            f"{self!r} has no truth value: it is an expression, not a number. "
            "Use cr.ops.where(condition, a, b), or cr.evaluate it first"
        )

    def __float__(self) -> float:
        self._reject_number()

    def __int__(self) -> int:
        self._reject_number()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        self._reject_number()

    def _reject_number(self) -> NoReturn:
        raise GraphError(
            f"{self!r} is an expression, not a number; "
            "cr.evaluate([node], …) computes numbers"
        )

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
        raise GraphError(
            f"np.{name} computes numbers, and {self!r} is an expression: write "
            f"cr.ops.{name} or another of cr.ops, or cr.evaluate it first"
        )
