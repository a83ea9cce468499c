"""A chainrule plugin: the renderer my_thing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import chainrule as cr


def my_thing(what: cr.Node) -> str:
    """Return a graph as text, an edge on each line; it is ``cr.my_thing``."""
    edges = cr.Graph([what]).nx.edges()
    return "\n".join(f"{start} -> {end}" for start, end in edges)


@cr.hookimpl
def register_renderers() -> list[Callable[..., Any]]:
    """Register the renderer."""
    return [my_thing]
