"""The layers of a model, in order: they can be read, and not changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from chainrule.errors import ArgumentTypeError, FrozenError, UnknownIndexError, shown
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

        def __getitem__(self, index: object) -> Any:
            try:
                return super().__getitem__(index)
            except IndexError:
                raise UnknownIndexError(
                    f"the model has {len(self)} layers, and none at the place {index}"
                ) from None
            except TypeError:
                raise ArgumentTypeError(
                    "the index of a layer must be an integer or a slice, got "
                    f"{shown(index)}"
                ) from None

        def __getattr__(self, name: str) -> NoReturn:
            raise unknown_attribute(self, name, "model.layers")
