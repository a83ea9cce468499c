"""Blame: the plugin or class whose code an error comes from, noted on the error."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from chainrule.component import Component
from chainrule.ops import Op
from chainrule.registry.registry import registry


@contextmanager
def naming_plugins(place: Callable[[], str] | None = None) -> Iterator[None]:
    """Note on an error that leaves the block whose code it comes from.

    Args:
        place: says where in a training run that was.
    """
    try:
        yield
    except BaseException as error:
        if culprit := _culprit(error):
            said = f"{culprit}, {place()}" if place else culprit
            if said not in getattr(error, "__notes__", ()):
                error.add_note(said)
        raise


def _culprit(error: BaseException) -> str:
    """Return the innermost method of a component, or function of a plugin, in it."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    said = (_described(frame) for frame in reversed(frames))
    return next((each for each in said if each), "")


def _described(frame: FrameType) -> str:
    module = str(frame.f_globals.get("__name__", ""))
    if module.partition(".")[0] == "chainrule":
        return ""
    name = frame.f_code.co_qualname if hasattr(frame.f_code, "co_qualname") else ""
    own = frame.f_locals.get("self")
    component = isinstance(own, (Component, Op))
    home = _distribution(module)
    if not (component or home):
        return ""
    if component:
        name = f"{type(own).__name__}.{frame.f_code.co_name}"
    return f"in {name}{f' of {home}' if home else ''}"


def _distribution(module: str) -> str:
    """Return the distribution and version of the plugin that a module belongs to."""
    for plugin in registry.plugins:
        package = plugin.module.partition(":")[0].partition(".")[0]
        if not plugin.built_in and package and package == module.partition(".")[0]:
            return f"{plugin.distribution} {plugin.version}".strip()
    return ""
