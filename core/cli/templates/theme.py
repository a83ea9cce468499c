"""A chainrule plugin: the theme my_thing."""

from __future__ import annotations

import chainrule as cr


class MyThing(cr.Theme):
    """Light, with larger text and blue ink."""

    ink: str = "#14213D"
    text_scale: float = 1.2


@cr.hookimpl
def register_themes() -> list[type[cr.Theme]]:
    """Register the theme."""
    return [MyThing]
