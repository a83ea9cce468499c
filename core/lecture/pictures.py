"""Pictures of a page: in light and dark for the screen, and as files for slides."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Any

from chainrule.plotting.plot import Plot

WIDE = 900
"""Pixels from which on a picture stands below the code instead of beside it."""


@dataclass(frozen=True)
class Picture:
    """One thing that code has shown.

    Attributes:
        markup: what stands on the page.
        svg: the file for a slide as a vector picture; empty for a page.
        png: the same in pixels.
    """

    markup: str
    svg: bytes = b""
    png: bytes = b""


def picture_of(value: Any) -> Picture:
    """Return a figure, a diagram, an explanation or a page as it is shown."""
    drawn = getattr(value, "diagram", value)
    if not hasattr(drawn, "styled"):
        return Picture(f'<div class="live">{value._repr_html_()}</div>')
    size = "column" if isinstance(drawn, Plot) else None
    pictures = {
        theme: _element(drawn.styled(theme=theme, size=size))
        for theme in ("light", "dark")
    }
    wide = " wide" if _width(pictures["light"]) > WIDE else ""
    inline = [
        f'<div class="{theme}{wide}">{svg}</div>' for theme, svg in pictures.items()
    ]
    said = ""
    if drawn is not value and hasattr(value, "text"):
        said = f"<pre>{html.escape(value.text)}</pre>"
    slide = drawn.styled(theme="light", size="slide")
    return Picture(said + "".join(inline), slide.render("svg"), slide.render("png"))


def _width(svg: str) -> float:
    """Return the pixels of a picture's width."""
    found = re.search(r'width="([\d.]+)(pt|px)?"', svg)
    assert found is not None
    return float(found[1]) * (4 / 3 if found[2] == "pt" else 1)


def _element(drawn: Any) -> str:
    """Return a picture as an SVG element of a page."""
    svg: str = drawn._repr_svg_()
    return svg[svg.index("<svg") :]
