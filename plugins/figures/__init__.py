"""The built-in figures: functions that return a plot, each in a file of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chainrule import hookimpl
from chainrule.plotting.plot import Plot
from chainrule.plugins.figures.activation import activation
from chainrule.plugins.figures.boundary import boundary
from chainrule.plugins.figures.compare import compare
from chainrule.plugins.figures.confusion import confusion
from chainrule.plugins.figures.dropout import dropout
from chainrule.plugins.figures.fit import fit
from chainrule.plugins.figures.gradient_flow import gradient_flow
from chainrule.plugins.figures.gradient_noise import gradient_noise
from chainrule.plugins.figures.history import history
from chainrule.plugins.figures.landscape import landscape
from chainrule.plugins.figures.weights import weights
from chainrule.plugins.figures.worst import worst


@hookimpl
def register_figures() -> Sequence[Callable[..., Plot]]:
    """Return the built-in figures."""
    return [
        activation, boundary, compare, confusion, dropout, fit, gradient_flow,
        gradient_noise, history, landscape, weights, worst,
    ]  # fmt: skip
