"""What a model has for each parameter, by path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn, Self, TypeVar

import numpy as np

from chainrule.by_name import ByName
from chainrule.errors import FrozenError, UnknownIndexError, unknown_name
from chainrule.node import Parameter

T = TypeVar("T")


class ByPath(ByName[T]):
    """Parameters or their values by path, such as ``"dense_1/kernel"``.

    An integer is a place in the order of the paths, as in Keras
    (``model.get_weights()[0]``); a call iterates over the values, as in PyTorch
    (``model.parameters()``). To go over it or unpack it, ``.values()`` or ``.keys()``
    say of what: ``kernel, bias = model.get_weights().values()``.
    """

    __slots__ = ()

    def __missing__(self, key: Any) -> T:
        if isinstance(key, int | np.integer):
            if -len(self) <= key < len(self):
                return list(self.values())[key]
            raise UnknownIndexError(
                f"there are {len(self)} parameters, and none at the place {key}"
            )
        raise unknown_name("parameter", str(key), self.keys())

    def __call__(self) -> Iterator[T]:
        """Iterate over the values."""
        return iter(self.values())


class Parameters(ByPath[Parameter]):
    """The parameters of a model by path, which are always the same ones."""

    __slots__ = ()

    def _unchanging(self, *items: Any, **named: Any) -> NoReturn:
        """Refuse to change which parameters there are.

        Raises:
            FrozenError: always.
        """
        raise FrozenError(
            "a model always has the same parameters: write "
            "model.parameters[path].value = …, or model.set_weights({path: …})"
        )

    __setitem__ = __delitem__ = pop = popitem = clear = setdefault = _unchanging
    __ior__ = update = _unchanging

    def __reduce__(self) -> tuple[type[Self], tuple[dict[str, Parameter]]]:
        return type(self), (dict(self.items()),)
