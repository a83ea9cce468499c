"""What a formula is not: a number, a truth value, or an array of NumPy's."""

from __future__ import annotations

from typing import Any, NoReturn

from chainrule.errors import GraphError

_REFLECTED = {
    "add": "__radd__", "subtract": "__rsub__", "multiply": "__rmul__",
    "divide": "__rtruediv__", "power": "__rpow__", "matmul": "__rmatmul__",
    "less": "__gt__", "less_equal": "__ge__",
    "greater": "__lt__", "greater_equal": "__le__",
}  # fmt: skip
"""What ``array + node`` calls on the array's side → what the node does instead."""


class Formula:
    """Base of nodes: says what to write where only a number will do.

    NumPy's arrays may be operands of a node on either side.
    """

    __slots__ = ()

    def __bool__(self) -> bool:
        raise GraphError(
            f"{self!r} has no truth value: a graph is a formula, not a number. "
            "Use cr.ops.where(condition, a, b), or cr.evaluate it first"
        )

    def _no_number(self) -> NoReturn:
        raise GraphError(
            f"{self!r} is a formula, not a number; cr.evaluate([node], …) gives numbers"
        )

    def __float__(self) -> float:
        self._no_number()

    def __int__(self) -> int:
        self._no_number()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        self._no_number()

    def __array_function__(
        self, function: Any, types: Any, args: Any, kwargs: Any
    ) -> Any:
        self._no_numpy(function)

    def __array_ufunc__(
        self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any
    ) -> Any:
        reflected = _REFLECTED.get(ufunc.__name__)
        plain = method == "__call__" and not kwargs
        if not (reflected and plain) or isinstance(inputs[0], Formula):
            self._no_numpy(ufunc)
        return getattr(self, reflected)(inputs[0])

    def _no_numpy(self, function: Any) -> NoReturn:
        name = function.__name__
        raise GraphError(
            f"np.{name} computes numbers, and {self!r} is a formula: write "
            f"cr.ops.{name} or another of cr.ops, or cr.evaluate it first"
        )
