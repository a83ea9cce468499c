"""The built-in ops, registered like everybody else's."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule import hookimpl, ops
from chainrule.ops import Elementwise, Op


@hookimpl
def register_ops() -> Sequence[type[Op]]:
    """Return the op classes of `chainrule.ops`."""
    classes = [each for each in vars(ops).values() if isinstance(each, type)]
    return [
        each
        for each in classes
        if issubclass(each, Op) and each not in (Op, Elementwise)
    ]
