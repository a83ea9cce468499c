"""Text in every format at once: a formula knows its Unicode, LaTeX and HTML."""

from __future__ import annotations

import html
import unicodedata
from dataclasses import dataclass

from chainrule.node import Node
from chainrule.notation.naming import Naming
from chainrule.notation.symbols import isolated, tex_text
from chainrule.notation.writer import DEPTH, Style, Written, symbol_text, write
from chainrule.viz.scene import Role
from chainrule.viz.style import COLOR

LONGEST = 300
"""Characters of plain text that a diagram shows."""


@dataclass(frozen=True)
class Plain:
    """Words: nothing in them is markup."""

    text: str

    def unicode(self) -> str:
        """Return the text, without control characters and direction marks."""
        return cleaned(self.text)

    def latex(self) -> str:
        """Return the text for math mode."""
        return rf"\text{{{tex_text(cleaned(self.text))}}}"

    def html(self) -> str:
        """Return the text with everything that could be markup escaped."""
        return html.escape(isolated(cleaned(self.text)))


@dataclass(frozen=True)
class Formula:
    """The expression that a node is, in terms of the named nodes under it."""

    node: Node
    naming: Naming
    depth: int | None = DEPTH
    longest: int = 64

    def unicode(self) -> str:
        """Write it as plain text."""
        return self._written("unicode")

    def latex(self) -> str:
        """Write it in LaTeX."""
        return self._written("latex")

    def html(self) -> str:
        """Write it as a Graphviz HTML label."""
        return self._written("html")

    def _written(self, style: Style) -> str:
        longest = self.longest * (1 if style == "unicode" else 4)
        return write(
            self.node, style, naming=self.naming, depth=self.depth, longest=longest
        )


@dataclass(frozen=True)
class Row:
    """Several texts behind each other; a string among them is an operator or words."""

    parts: tuple[Written | str, ...]

    def unicode(self) -> str:
        """Write it as plain text."""
        return self._joined("unicode")

    def latex(self) -> str:
        """Write it in LaTeX."""
        return self._joined("latex")

    def html(self) -> str:
        """Write it as a Graphviz HTML label."""
        return self._joined("html")

    def _joined(self, style: Style) -> str:
        return "".join(
            _operator(part, style)
            if isinstance(part, str)
            else symbol_text(part, style)
            for part in self.parts
        )


@dataclass(frozen=True)
class Tinted:
    """Text in the colour of a role."""

    text: Written
    role: Role

    def unicode(self) -> str:
        """Write it as plain text."""
        return self.text.unicode()

    def latex(self) -> str:
        """Write it in LaTeX, with the package xcolor."""
        return rf"\textcolor[HTML]{{{COLOR[self.role][1:]}}}{{{self.text.latex()}}}"

    def html(self) -> str:
        """Write it as a Graphviz HTML label."""
        return f'<FONT COLOR="{COLOR[self.role]}">{self.text.html()}</FONT>'


def row(*parts: Written | str) -> Row:
    """Put texts behind each other."""
    return Row(parts)


_TEX_OPERATORS = {" = ": " = ", " · ": r" \cdot ", " ≈ ": r" \approx ", " + ": " + "}


def _operator(text: str, style: Style) -> str:
    if style == "latex":
        return _TEX_OPERATORS.get(text) or rf"\text{{{tex_text(text)}}}"
    return html.escape(text) if style == "html" else text


def cleaned(text: str) -> str:
    """Return text on one line, without control characters, cut if it is long."""
    if len(text) > LONGEST:
        text = text[: LONGEST - 1] + "…"
    return "".join(
        " " if c.isspace() else c
        for c in text
        if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )
