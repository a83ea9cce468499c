"""Overriding: saying by intent that a component replaces what is built in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from chainrule.arguments import checked
from chainrule.errors import PluginError, shown

Target = TypeVar("Target")


@dataclass(frozen=True)
class Overriding:
    """A kernel that replaces the one that is there."""

    kernel: Any


@checked
def overrides(target: Target) -> Target:
    """Mark what a hook returns as a replacement of what has its name already.

    A class may say the same with ``overrides = True``. For a function, a command or a
    kernel it is written around it::

        @cr.overrides
        def curve(history): ...

        @cr.hookimpl
        def register_kernels():
            return {"numpy": {cr.ops.Tanh: cr.overrides("tanh({0}, {out})")}}

    Without it, what is built in stays, and ``chainrule plugins`` reports the collision.

    Raises:
        PluginError: it is chainrule's own, so that it would be marked for everybody.
    """
    if str(getattr(target, "__module__", "")).startswith("chainrule."):
        raise PluginError(
            f"overrides marks what a plugin brings, and {shown(target)} is chainrule's "
            "own: write a class from it, with overrides = True"
        )
    try:
        target.overrides = True  # type: ignore[attr-defined]
    except (AttributeError, TypeError):  # a string, or another fixed value
        marked: Any = Overriding(target)
        return marked  # type: ignore[no-any-return]
    return target
