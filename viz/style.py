"""How diagrams look without a theme, and how large their text is."""

from __future__ import annotations

from chainrule.kinds.theme import Theme
from chainrule.registry import registry
from chainrule.viz.scene import LineKind

LIGHT = Theme()
"""The theme without another one."""


def resolve_theme(theme: object) -> Theme:
    """Return a theme, which may be given by name.

    Raises:
        UnknownNameError: no theme has that name.
    """
    found: Theme = registry.resolve("themes", theme)
    return found


SIZE: dict[LineKind, int] = {
    "title": 16,
    "symbol": 13,
    "formula": 12,
    "shape": 10,
    "value": 12,
    "gradient": 12,
    "note": 12,
    "mark": 12,
    "good": 12,
    "equation": 17,
    "time": 12,
}
"""Kind of line → point size, which a theme may scale."""
FRAME = 12
"""Point size of what frames are called, and of the legend."""
