"""A chainrule plugin: the figure my_thing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import chainrule as cr
from chainrule.training import History


def my_thing(history: History) -> cr.Plot:
    """Return the curves of a history; it is ``cr.plot.my_thing``."""
    plot: cr.Plot = cr.plot.history(history)
    return plot


@cr.hookimpl
def register_figures() -> list[Callable[..., Any]]:
    """Register the figure."""
    return [my_thing]
