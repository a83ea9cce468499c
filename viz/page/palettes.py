"""The colours of a page: those of the diagram's theme, and of a darker or lighter one.

The picture is drawn in colours that stand for the names of a theme's fields, which the
page then replaces by variables of its style. So one picture serves both palettes.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import Any

from chainrule.kinds.theme import Theme
from chainrule.viz.style import LIGHT, resolve_theme

_COLORS = re.compile(r'"(#[0-9a-f]{6})"')
_PAPER = {"transparent": "#ffffff", "white": "#ffffff"}


def stand_in(theme: Theme) -> Theme:
    """Return a theme whose colours stand for the names of a theme's fields."""
    stands = {name: f"#0c0d{place:02x}" for place, name in enumerate(_flat(theme))}
    fields: dict[str, Any] = {
        name: tuple(stands[f"heat-{i}"] for i in range(len(value)))
        if name == "heat"
        else stands.get(name, value)
        for name, value in theme.hyperparameters().items()
    }
    return Theme(**fields)


def with_variables(svg: str, theme: Theme) -> str:
    """Return a picture drawn with `stand_in(theme)`, in variables for its colours."""
    variable = {
        f"#0c0d{place:02x}": f"var(--theme-{name})"
        for place, name in enumerate(_flat(theme))
    }
    return _COLORS.sub(lambda m: f'"{variable.get(m[1], m[1])}"', svg)


def palettes(theme: Theme) -> str:
    """Return the style with the values of the variables, light and dark."""
    own_is_dark = is_dark(theme)
    other = LIGHT if own_is_dark else resolve_theme("dark")
    light, dark = (other, theme) if own_is_dark else (theme, other)
    return f":root {{ {_values(light)} }}\n:root.dark {{ {_values(dark)} }}\n"


def follows_reader(theme: Theme) -> bool:
    """Whether a page is light or dark as its reader prefers: in the light colours."""
    return _flat(theme) == _flat(LIGHT)


def is_dark(theme: Theme) -> bool:
    """Whether a theme's paper is darker than its ink."""
    return luminance(_flat(theme)["paper"]) < luminance(theme.ink)


def luminance(color: str) -> float:
    """Return the relative luminance of ``#RRGGBB``, from 0 to 1 (WCAG 2.2)."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts
    )
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def _values(theme: Theme) -> str:
    return " ".join(f"--theme-{name}: {value};" for name, value in _flat(theme).items())


def _flat(theme: Theme) -> dict[str, str]:
    """Return name → colour, the steps of the scale of times one by one."""
    return dict(_colors(theme))


def _colors(theme: Theme) -> Iterator[tuple[str, str]]:
    for field in dataclasses.fields(Theme):
        value = getattr(theme, field.name)
        if field.name == "heat":
            yield from ((f"heat-{i}", color) for i, color in enumerate(value))
        elif field.name == "paper":
            yield field.name, _PAPER.get(value, value)
        elif str(value).startswith("#"):
            yield field.name, value
