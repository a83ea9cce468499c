"""Values by name, in a dict that is not unpacked by mistake."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NoReturn, TypeVar

from chainrule.errors import (
    ArgumentTypeError,
    UnknownAttributeError,
    UnknownNameError,
    did_you_mean,
)

T = TypeVar("T")


class ByName(dict[str, T]):
    """A dict of named values whose keys or values are asked for by name.

    ``loss, accuracy = scores`` would bind the names of a dict where the numbers are
    meant. So going over the bare mapping is refused, and so is to take it for one
    number; ``scores.values()``, ``.keys()`` and ``.items()`` say what is wanted. All
    else is a dict's.
    """

    __slots__ = ()

    def __iter__(self) -> Iterator[str]:
        """Refuse to choose between names and values.

        Raises:
            ArgumentTypeError: always.
        """
        raise ArgumentTypeError(
            f"{self._whose()}: write {self._first()} for one of them, .values() to go "
            "over or unpack them in this order, .keys() for the names, or .items() for "
            "both"
        )

    def _no_number(self, *others: object) -> NoReturn:
        """Refuse to stand for one of the values."""
        raise ArgumentTypeError(
            f"{self._whose()}, not one number: write {self._first()} for one of them"
        )

    __float__ = __int__ = __round__ = __mul__ = __rmul__ = _no_number
    __add__ = __radd__ = __sub__ = __truediv__ = _no_number
    __lt__ = __le__ = __gt__ = __ge__ = _no_number

    def __format__(self, spec: str) -> str:
        return self._no_number() if spec else str(self)

    def __missing__(self, name: object) -> T:
        if isinstance(name, int):
            raise UnknownNameError(
                f"{self._whose()}, not by place: write {self._first()}, or "
                f"list(values.values())[{name}]"
            )
        if not self.keys():
            raise UnknownNameError(f"nothing has the name {name!r}: there is nothing")
        raise UnknownNameError(
            f"nothing here has the name {name!r}.{did_you_mean(name, self.keys())}"
        )

    if not TYPE_CHECKING:  # or type checkers would accept any attribute

        def __getattr__(self, name: str) -> NoReturn:
            if name.startswith("_"):
                raise AttributeError(name)
            own = f": write [{name!r}]" if name in self.keys() else ""
            raise UnknownAttributeError(
                f"{self._whose()}, which are no attributes; got .{name}{own}"
            )

    def _whose(self) -> str:
        names = list(map(repr, self.keys()))
        listed = ", ".join(names[:6]) + (", …" if len(names) > 6 else "")
        return f"these are values by name ({listed})"

    def _first(self) -> str:
        return f"[{next(map(repr, self.keys()), '…')}]"
