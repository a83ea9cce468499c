"""``cr.draw`` and ``cr.explain``: renderers found through the registry.

The core knows no renderer; a plugin may register its own with ``register_renderers``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainrule.registry import registry

if TYPE_CHECKING:
    from chainrule.graph import Node
    from chainrule.viz.diagram import Diagram
    from chainrule.viz.explanation import Explanation


def draw(what: Any, **options: Any) -> Diagram:
    """Draw a graph or a model; see `chainrule.viz.draw.draw` for the options."""
    diagram: Diagram = registry.find("renderers", "draw").target(what, **options)
    return diagram


def explain(loss: Node, w: Node, index: Any = (), **options: Any) -> Explanation:
    """Explain why ∂loss/∂w is what it is; see `chainrule.viz.explain.explain`."""
    target = registry.find("renderers", "explain").target
    explanation: Explanation = target(loss, w, index, **options)
    return explanation
