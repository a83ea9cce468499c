"""Text in every format: Unicode, LaTeX, and the HTML of Graphviz's labels."""

from __future__ import annotations

import html
import unicodedata
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

from chainrule.node import Node
from chainrule.notation.characters import isolated, tex_text
from chainrule.notation.expressions import DEPTH, expression
from chainrule.notation.naming import Naming
from chainrule.notation.styles import Style, Written, in_style
from chainrule.viz.scene import Role
from chainrule.viz.style import LIGHT

LONGEST = 300
"""Characters of plain text that a diagram shows."""
LONGEST_WHOLE = 3000
DEEPEST = 60
"""How long, and how many operations deep, a formula is where it is not cut short."""


class Text(ABC):
    """Something that can be written in every format."""

    @abstractmethod
    def written(self, style: Style) -> str:
        """Write it in a format."""

    def unicode(self) -> str:
        """Write it as plain text."""
        return self.written("unicode")

    def latex(self) -> str:
        """Write it for LaTeX's math mode."""
        return self.written("latex")

    def html(self) -> str:
        """Write it as a Graphviz HTML label."""
        return self.written("html")


@dataclass(frozen=True)
class Plain(Text):
    """Words: nothing in them is markup."""

    text: str

    def written(self, style: Style) -> str:
        """Write the words without control characters, and with markup escaped."""
        text = _one_line(self.text)
        if style == "latex":
            return rf"\text{{{tex_text(text)}}}"
        return html.escape(isolated(text)) if style == "html" else text


@dataclass(frozen=True)
class Formula(Text):
    """The expression that a node is, in terms of the named nodes under it."""

    node: Node
    naming: Naming
    depth: int | None = DEPTH
    longest: int = 64

    def written(self, style: Style) -> str:
        """Write the expression; beyond `longest` characters it is cut."""
        longest = self.longest * (1 if style == "unicode" else 4)  # room for markup
        return expression(
            self.node, style, naming=self.naming, depth=self.depth, longest=longest
        )


@dataclass(frozen=True)
class Row(Text):
    """Several texts one after the other; a string is an operator, or words."""

    parts: tuple[Written | str, ...]

    def written(self, style: Style) -> str:
        """Write the parts one after the other."""
        return "".join(
            _operator(part, style) if isinstance(part, str) else in_style(part, style)
            for part in self.parts
        )


def row(*parts: Written | str) -> Row:
    """Join texts, one after the other."""
    return Row(parts)


@dataclass(frozen=True)
class Tinted(Text):
    """Text in the colour of a role; in LaTeX it needs the package xcolor."""

    text: Written
    role: Role

    def written(self, style: Style) -> str:
        """Write the text, in its colour where the format has colours."""
        text, color = in_style(self.text, style), LIGHT.roles[self.role]
        if style == "latex":
            return rf"\textcolor[HTML]{{{color[1:]}}}{{{text}}}"
        if style == "html":  # the theme says which colour a role has
            return f'<FONT COLOR="{self.role}">{text}</FONT>'
        return text


_TEX_OPERATORS = {
    " = ": " = ", " · ": r" \cdot ", " ≈ ": r" \approx ", " + ": " + ",
    "(": "(", ")": ")",
}  # fmt: skip


def _operator(text: str, style: Style) -> str:
    if style == "latex":
        return _TEX_OPERATORS.get(text) or rf"\text{{{tex_text(text)}}}"
    return html.escape(text) if style == "html" else text


def whole(text: Written) -> str:
    """Write text in Unicode with every formula in full, up to `LONGEST_WHOLE`."""
    if isinstance(text, Formula):
        full = replace(text, depth=DEEPEST, longest=LONGEST_WHOLE)
        return full.unicode()
    if isinstance(text, Row):
        parts = text.parts
        return "".join(p if isinstance(p, str) else whole(p) for p in parts)
    return whole(text.text) if isinstance(text, Tinted) else text.unicode()


def _one_line(text: str) -> str:
    """Return text on one line, without control characters, cut if it is long."""
    return visible(text if len(text) <= LONGEST else text[: LONGEST - 1] + "…")


def visible(text: str) -> str:
    """Return text on one line, without control characters."""
    return "".join(
        " " if c.isspace() else c
        for c in text
        if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )
