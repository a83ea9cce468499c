"""Diagrams: graphs drawn forward and backward, gradients explained."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chainrule.registry.hooks import hookimpl


@hookimpl
def register_renderers() -> Sequence[Callable[..., Any]]:
    """Return the functions behind ``cr.draw``, ``cr.explain`` and their relatives."""
    from chainrule.viz.curve import curve
    from chainrule.viz.difference import diff, snapshot
    from chainrule.viz.draw import draw
    from chainrule.viz.explain import explain
    from chainrule.viz.worksheet import worksheet

    return [draw, explain, worksheet, snapshot, diff, curve]
