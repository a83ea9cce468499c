"""``cr.draw``, ``cr.explain`` and their like: renderers found through the registry.

The core knows no renderer; a plugin may register its own with ``register_renderers``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainrule.registry import registry

if TYPE_CHECKING:
    from chainrule.graph import Node
    from chainrule.viz.diagram import Diagram
    from chainrule.viz.difference import Snapshot
    from chainrule.viz.explanation import Explanation
    from chainrule.viz.worksheet import Worksheet


def draw(what: Any, **options: Any) -> Diagram:
    """Draw a graph or a model; see `chainrule.viz.draw.draw` for the options."""
    diagram: Diagram = registry.find("renderers", "draw").target(what, **options)
    return diagram


def explain(loss: Node, w: Node, index: Any = (), **options: Any) -> Explanation:
    """Explain why ∂loss/∂w is what it is; see `chainrule.viz.explain.explain`."""
    target = registry.find("renderers", "explain").target
    explanation: Explanation = target(loss, w, index, **options)
    return explanation


def worksheet(loss: Node, **options: Any) -> Worksheet:
    """Make a worksheet for teaching; see `chainrule.viz.worksheet.worksheet`."""
    target = registry.find("renderers", "worksheet").target
    made: Worksheet = target(loss, **options)
    return made


def snapshot(loss: Node, values: Any, **options: Any) -> Snapshot:
    """Record all values and gradients; see `chainrule.viz.difference.snapshot`."""
    target = registry.find("renderers", "snapshot").target
    made: Snapshot = target(loss, values, **options)
    return made


def diff(before: Snapshot, after: Snapshot, **options: Any) -> Diagram:
    """Draw what changed between two snapshots; see `chainrule.viz.difference.diff`."""
    diagram: Diagram = registry.find("renderers", "diff").target(
        before, after, **options
    )
    return diagram
