"""Names as mathematics: ``w_1``, ``y_hat`` and ``W^(1)`` in every style.

Everything in a name becomes text and never markup: control characters and direction
marks are dropped, long names are cut, and each style escapes its own special
characters.
"""

from __future__ import annotations

import functools
import html
import re
import unicodedata
from dataclasses import dataclass, replace

from chainrule.notation.characters import (
    ACCENTS,
    GREEK,
    GREEK_TEX,
    isolated,
    printable,
    spelled,
    subscript,
    superscript,
    tex_text,
)
from chainrule.notation.styles import Style, in_style

_PARTS = re.compile(
    r"(?P<base>[^\W\d_]|" + "|".join(GREEK) + r")"
    r"(?:_?(?P<accent>hat|bar|tilde|dot|vec))?"
    r"(?P<prime>'{0,3})"
    r"(?:(?P<digits>\d{1,3})|_(?P<sub>[^\W_]{1,12}(?:[_,][^\W_]{1,12})?))?"
    r"(?:\^(?P<sup>\(?[^\W_]{1,4}\)?))?"
    r"(?:⟨(?P<example>\d{1,9})⟩)?"
    r"(?P<argument>\([^\W\d_]{1,3}\))?"
)


@dataclass(frozen=True)
class Symbol:
    """A name taken apart: ŷ₁⁽²⁾⟨3⟩ is base y, accent hat, sub 1, sup (2), example 3.

    An index is that of an entry, counted from 1; what belongs to one example of a batch
    says so in angle brackets, which stand for nothing else.
    """

    base: str
    accent: str = ""
    sub: str = ""
    sup: str = ""
    argument: str = ""
    example: str = ""

    @property
    def letter(self) -> bool:
        """Whether the base is one letter, which is set in italics."""
        return len(self.base.rstrip("'")) == 1

    def unicode(self) -> str:
        """Write it as plain text: ``ŷ₁⁽²⁾⟨3⟩``."""
        base = isolated(self._accented())
        sub = subscript(self.sub) or (f"_{self.sub}" if self.sub else "")
        sup = superscript(self.sup) or (f"^{self.sup}" if self.sup else "")
        return base + sub + sup + self._of_example + self.argument

    def latex(self) -> str:
        """Write it in LaTeX, for math mode."""
        primes = len(self.base) - len(self.base.rstrip("'")) if self.letter else 0
        plain = self.base[: len(self.base) - primes]
        base = GREEK_TEX.get(plain) or (
            plain
            if self.letter and plain.isascii() and plain.isalpha()
            else rf"\text{{{tex_text(plain)}}}"
        )
        if self.accent:
            base = rf"\{self.accent}{{{base}}}"
        sub = f"_{{{_tex_small(self.sub)}}}" if self.sub else ""
        sup = f"^{{{_tex_small(self.sup)}}}" if self.sup else ""
        example = rf"\langle {self.example}\rangle" if self.example else ""
        return base + "'" * primes + sub + sup + example + self.argument

    def html(self) -> str:
        """Write it as a Graphviz HTML label, italic where mathematics is."""
        base = html.escape(isolated(self._accented()))
        if self.letter:
            base = f"<I>{base}</I>"
        sub = subscript(self.sub) or (
            f"<SUB>{html.escape(self.sub)}</SUB>" if self.sub else ""
        )
        sup = superscript(self.sup) or (
            f"<SUP>{html.escape(self.sup)}</SUP>" if self.sup else ""
        )
        return base + sub + sup + self._of_example + self.argument

    @property
    def _of_example(self) -> str:
        return f"⟨{self.example}⟩" if self.example else ""

    def _accented(self) -> str:
        if not self.accent:
            return self.base
        head, rest = self.base[:1], self.base[1:]
        return unicodedata.normalize("NFC", head + ACCENTS[self.accent]) + rest


def _tex_small(text: str) -> str:
    """Write a subscript or superscript in LaTeX: words upright, the rest in italics."""
    plain = all(c.isascii() and (c.isalnum() or c in "(),+-=") for c in text)
    if not plain:
        return rf"\text{{{tex_text(text)}}}"
    word = len(text) > 1 and text.isalpha()
    return rf"\text{{{text}}}" if word else text


@dataclass(frozen=True)
class Derivative:
    """The symbol of a derivative, ∂J/∂z; a second one is ∂²J/∂z∂w."""

    of: Symbol
    wrt: tuple[Symbol, ...]

    def unicode(self) -> str:
        """Write it as plain text: ``∂J/∂z``."""
        return f"∂{self._order}{self._above.unicode()}/{self._below('unicode')}"

    def latex(self) -> str:
        r"""Write it in LaTeX: ``\frac{\partial J}{\partial z}``."""
        order = f"^{{{len(self.wrt)}}}" if len(self.wrt) > 1 else ""
        above = rf"\partial{order} {self._above.latex()}"
        return rf"\frac{{{above}}}{{{self._below('latex')}}}"

    def html(self) -> str:
        """Write it as a Graphviz HTML label."""
        return f"∂{self._order}{self._above.html()}/{self._below('html')}"

    @property
    def _order(self) -> str:
        return superscript(str(len(self.wrt))) if len(self.wrt) > 1 else ""

    @property
    def _above(self) -> Symbol:
        return replace(self.of, argument="")

    def _below(self, style: Style) -> str:
        mark = r"\partial " if style == "latex" else "∂"
        below = [replace(symbol, argument="") for symbol in self.wrt]
        if len(below) == 2 and below[0] == below[1]:
            return (
                mark + in_style(below[0], style) + ("^2" if style == "latex" else "²")
            )
        return "".join(mark + in_style(symbol, style) for symbol in below)


@functools.lru_cache(maxsize=4096)
def parse_symbol(name: str) -> Symbol:
    """Take a name apart; what is not like mathematics stays text.

    >>> parse_symbol("y_hat").unicode(), parse_symbol("w_1").unicode()
    ('ŷ', 'w₁')
    >>> parse_symbol("W^(1)").latex()
    'W^{(1)}'
    """
    text = printable(name)
    match = _PARTS.fullmatch(spelled(text))
    if not match:
        return Symbol(text)
    base, sub = match["base"], match["sub"] or match["digits"] or ""
    return Symbol(
        GREEK.get(base, base) + match["prime"],
        match["accent"] or "",
        sub.replace("_", ","),
        match["sup"] or "",
        match["argument"] or "",
        match["example"] or "",
    )
