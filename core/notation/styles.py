"""Styles: the three ways to write notation, and objects that know all of them."""

from __future__ import annotations

from typing import Literal, Protocol, TypeAlias

Style: TypeAlias = Literal["unicode", "latex", "html"]
"""Plain text, LaTeX for math mode, or a Graphviz HTML label."""


class Written(Protocol):
    """Something that can be written in every style."""

    def unicode(self) -> str: ...
    def latex(self) -> str: ...
    def html(self) -> str: ...


def in_style(text: Written, style: Style) -> str:
    """Write something in a style."""
    if style == "latex":
        return text.latex()
    return text.html() if style == "html" else text.unicode()


def minus(style: Style) -> str:
    """Return the minus sign of a style."""
    return "-" if style == "latex" else "−"
