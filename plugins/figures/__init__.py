"""The built-in figures: functions that return a plot, each in a file of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chainrule import hookimpl
from chainrule.plotting.plot import Plot
from chainrule.plugins.figures.activation import activation
from chainrule.plugins.figures.boundary import boundary
from chainrule.plugins.figures.history import history


@hookimpl
def register_figures() -> Sequence[Callable[..., Plot]]:
    """Return the built-in figures."""
    return [activation, boundary, history]
