"""The primitive ops, registered like everybody else's."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule import hookimpl
from chainrule.ops import PRIMITIVES, Op


@hookimpl
def register_ops() -> Sequence[type[Op]]:
    """Return the built-in ops."""
    return PRIMITIVES
