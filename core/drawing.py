"""``cr.draw`` and ``cr.explain``: renderers found through the registry.

The core knows no renderer; a plugin may register its own with ``register_renderers``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainrule.registry import registry

if TYPE_CHECKING:
    from chainrule.viz.diagram import Diagram


def draw(what: Any, **options: Any) -> Diagram:
    """Draw a graph or a model; see `chainrule.viz.draw.draw` for the options."""
    diagram: Diagram = registry.find("renderers", "draw").target(what, **options)
    return diagram
