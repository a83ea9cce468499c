"""The layers of a model, in order: they can be read, and not changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from chainrule.errors import FrozenError
from chainrule.habits import unknown_attribute


def unchanging(self: object, *details: Any) -> NoReturn:
    """Refuse to put a layer into a model, or to take one out.

    Raises:
        FrozenError: always.
    """
    raise FrozenError(
        "a model does not change once it is made: write cr.Sequential([…]) with the "
        "layers that it should have"
    )


class Layers(tuple[Any, ...]):
    """The layers of a model, in the order in which they are first called."""

    __slots__ = ()
    __setitem__ = __delitem__ = unchanging

    if not TYPE_CHECKING:  # or type checkers would accept any attribute

        def __getattr__(self, name: str) -> NoReturn:
            raise unknown_attribute(self, name, "model.layers")
