"""Values by name, in a dict that is not unpacked by mistake."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from chainrule.errors import ArgumentTypeError, UnknownNameError, did_you_mean

T = TypeVar("T")


class ByName(dict[str, T]):
    """A dict of named values whose keys or values are asked for by name.

    ``loss, accuracy = scores`` would bind the names of a dict where the numbers are
    meant. So going over the bare mapping is refused; ``scores.values()``, ``.keys()``
    and ``.items()`` say what is wanted. All else is a dict's.
    """

    __slots__ = ()

    def __iter__(self) -> Iterator[str]:
        """Refuse to choose between names and values.

        Raises:
            ArgumentTypeError: always.
        """
        names = list(map(repr, self.keys()))
        listed = ", ".join(names[:6]) + (", …" if len(names) > 6 else "")
        first = names[0] if names else "…"
        raise ArgumentTypeError(
            f"these are values by name ({listed}): write [{first}] for one of them, "
            ".values() to go over or unpack them in this order, .keys() for the names, "
            "or .items() for both"
        )

    def __missing__(self, name: object) -> T:
        raise UnknownNameError(
            f"nothing here has the name {name!r}.{did_you_mean(name, self.keys())}"
        )
