"""Names as mathematics: ``w_1``, ``y_hat`` and ``W^(1)`` in Unicode, LaTeX and HTML.

Whatever a name contains, it becomes text and never markup: control characters and
direction marks are dropped, long names are cut, and every format escapes its own
special characters.
"""

from __future__ import annotations

import functools
import html
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace

LONGEST = 40
"""Characters of a name that are shown; the rest becomes one ``…``."""

_GREEK_NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho "
    "sigma tau upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon "
    "Phi Psi Omega"
)
GREEK = _GREEK_NAMES.split()
_LETTER = dict(zip(GREEK, "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ", strict=True))
_GREEK_TEX = {letter: f"\\{name}" for name, letter in _LETTER.items()}
_ACCENTS = {
    "hat": "\u0302", "bar": "\u0304", "tilde": "\u0303", "dot": "\u0307",
    "vec": "\u20d7",
}  # fmt: skip
_ACCENT_OF = {mark: name for name, mark in _ACCENTS.items()}
_SUB = dict(zip("0123456789+-=()aehijklmnoprstuvxβγρφχ",
                "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ", strict=True))  # fmt: skip
_SUP = dict(zip("0123456789+-=()abcdefghijklmnoprstuvwxyzTVUW",
                "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀⱽᵁᵂ",
                strict=True))  # fmt: skip
_SUB["−"], _SUP["−"] = "₋", "⁻"
_FROM_SUB = {small: plain for plain, small in _SUB.items()}
_SUB[","] = ","
_FROM_SUP = {small: plain for plain, small in _SUP.items()}
_PARTS = re.compile(
    r"(?P<base>[^\W\d_]|" + "|".join(GREEK) + r")"
    r"(?:_?(?P<accent>hat|bar|tilde|dot|vec))?"
    r"(?P<prime>'{0,3})"
    r"(?:(?P<digits>\d{1,3})|_(?P<sub>[^\W_]{1,12}(?:[_,][^\W_]{1,12})?))?"
    r"(?:\^(?P<sup>\(?[^\W_]{1,4}\)?))?"
    r"(?P<argument>\([^\W\d_]{1,3}\))?"
)
_TEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&",
    "#": r"\#", "%": r"\%", "_": r"\_", "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"\textquotedbl{}", "`": r"\textasciigrave{}",
    "‖": r"\ensuremath{\|}", "·": r"\ensuremath{\cdot}", "×": r"\ensuremath{\times}",
    "→": r"\ensuremath{\to}", "∂": r"\ensuremath{\partial}",
    "∞": r"\ensuremath{\infty}", "⋮": r"\ensuremath{\vdots}",
    "✓": r"\ensuremath{\surd}", "✗": r"\ensuremath{\times}",
    "☠": r"\ensuremath{\dagger}", "▼": r"\ensuremath{\downarrow}",
    "▲": r"\ensuremath{\uparrow}", "⚠": "!", "\u202f": r"\,", "\u2068": "",
    "\u2069": "", "…": r"\ldots{}", "−": r"\ensuremath{-}", "—": "---",
}  # fmt: skip


@dataclass(frozen=True)
class Symbol:
    """A name taken apart: ŷ₁⁽²⁾ is base y, accent hat, sub 1, sup (2)."""

    base: str
    accent: str = ""
    sub: str = ""
    sup: str = ""
    argument: str = ""

    @property
    def letter(self) -> bool:
        """Whether the base is one letter, which is set in italics."""
        return len(self.base.rstrip("'")) == 1

    def unicode(self) -> str:
        """Write it as plain text: ``ŷ₁⁽²⁾``."""
        base = isolated(self._accented())
        sub = small(self.sub, _SUB) or (f"_{self.sub}" if self.sub else "")
        sup = small(self.sup, _SUP) or (f"^{self.sup}" if self.sup else "")
        return base + sub + sup + self.argument

    def latex(self) -> str:
        """Write it in LaTeX, to stand in mathematics."""
        primes = len(self.base) - len(self.base.rstrip("'")) if self.letter else 0
        plain = self.base[: len(self.base) - primes]
        base = _GREEK_TEX.get(plain) or (
            plain
            if self.letter and plain.isascii() and plain.isalpha()
            else rf"\text{{{tex_text(plain)}}}"
        )
        if self.accent:
            base = rf"\{self.accent}{{{base}}}"
        sub = f"_{{{_tex_small(self.sub)}}}" if self.sub else ""
        sup = f"^{{{_tex_small(self.sup)}}}" if self.sup else ""
        return base + "'" * primes + sub + sup + self.argument

    def html(self) -> str:
        """Write it as a Graphviz HTML label, italic where mathematics is."""
        base = html.escape(isolated(self._accented()))
        if self.letter:
            base = f"<I>{base}</I>"
        sub = small(self.sub, _SUB) or (
            f"<SUB>{html.escape(self.sub)}</SUB>" if self.sub else ""
        )
        sup = small(self.sup, _SUP) or (
            f"<SUP>{html.escape(self.sup)}</SUP>" if self.sup else ""
        )
        return base + sub + sup + self.argument

    def _accented(self) -> str:
        if not self.accent:
            return self.base
        head, rest = self.base[:1], self.base[1:]
        return unicodedata.normalize("NFC", head + _ACCENTS[self.accent]) + rest


@dataclass(frozen=True)
class Derivative:
    """The symbol of a derivative, ∂J/∂z; a second one is ∂²J/∂z∂w."""

    of: Symbol
    wrt: tuple[Symbol, ...]

    def unicode(self) -> str:
        """Write it as plain text: ``∂J/∂z``."""
        order = superscript(str(len(self.wrt))) if len(self.wrt) > 1 else ""
        return f"∂{order}{self._above.unicode()}/" + self._below("∂", Symbol.unicode)

    def latex(self) -> str:
        r"""Write it in LaTeX: ``\frac{\partial J}{\partial z}``."""
        order = f"^{{{len(self.wrt)}}}" if len(self.wrt) > 1 else ""
        below = self._below(r"\partial ", Symbol.latex)
        return rf"\frac{{\partial{order} {self._above.latex()}}}{{{below}}}"

    def html(self) -> str:
        """Write it as a Graphviz HTML label."""
        order = superscript(str(len(self.wrt))) if len(self.wrt) > 1 else ""
        return f"∂{order}{self._above.html()}/" + self._below("∂", Symbol.html)

    @property
    def _above(self) -> Symbol:
        return replace(self.of, argument="")

    def _below(self, mark: str, write: Callable[[Symbol], str]) -> str:
        below = [replace(symbol, argument="") for symbol in self.wrt]
        if len(below) == 2 and below[0] == below[1]:
            twice = "²" if write is not Symbol.latex else "^2"
            return mark + write(below[0]) + twice
        return "".join(mark + write(symbol) for symbol in below)


@functools.lru_cache(maxsize=4096)
def parse_symbol(name: str) -> Symbol:
    """Take a name apart; what is not like mathematics stays text.

    >>> parse_symbol("y_hat").unicode(), parse_symbol("w_1").unicode()
    ('ŷ', 'w₁')
    >>> parse_symbol("W^(1)").latex()
    'W^{(1)}'
    """
    text = printable(name)
    match = _PARTS.fullmatch(_plain(text))
    if not match:
        return Symbol(text)
    base, sub = match["base"], match["sub"] or match["digits"] or ""
    return Symbol(
        _LETTER.get(base, base) + match["prime"],
        match["accent"] or "",
        sub.replace("_", ","),
        match["sup"] or "",
        match["argument"] or "",
    )


def printable(name: str) -> str:
    """Return a name without control characters and direction marks, cut if long."""
    cut = name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
    kept = (
        " " if c.isspace() else c
        for c in cut
        if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )
    return re.sub(" +", " ", "".join(kept)).strip() or "?"


def isolated(text: str) -> str:
    """Keep right-to-left letters from reordering what stands around them."""
    if any(unicodedata.bidirectional(c) in ("R", "AL") for c in text):
        return f"\u2068{text}\u2069"
    return text


def small(text: str, table: dict[str, str]) -> str:
    """Return `text` in small characters, or nothing if one is missing."""
    return "".join(table[c] for c in text) if all(c in table for c in text) else ""


def superscript(text: str) -> str:
    """Return ``²`` for ``2``, or nothing if a character has no small form."""
    return small(text, _SUP)


def tex_text(text: str) -> str:
    r"""Escape text for ``\text{…}``; letters LaTeX has no font for become U+05D0."""
    return "".join(map(_tex_character, text))


def _tex_character(c: str) -> str:
    if c in _TEX:
        return _TEX[c]
    if c in _GREEK_TEX:
        return rf"\ensuremath{{{_GREEK_TEX[c]}}}"
    if c in _FROM_SUP:
        return rf"\ensuremath{{{{}}^{{{_minus(_FROM_SUP[c])}}}}}"
    if c in _FROM_SUB:
        return rf"\ensuremath{{{{}}_{{{_minus(_FROM_SUB[c])}}}}}"
    if c.isascii() or ("\u00c0" <= c <= "\u017f" and c.isalpha()):
        return c
    return f"U+{ord(c):04X}"


def _minus(text: str) -> str:
    return text.replace("−", "-")


def _tex_small(text: str) -> str:
    plain = all(c.isascii() and (c.isalnum() or c in "(),+-=") for c in text)
    if not plain:
        return rf"\text{{{tex_text(text)}}}"
    word = len(text) > 1 and text.isalpha()
    return rf"\text{{{text}}}" if word else text


def _plain(text: str) -> str:
    """Undo small characters and accents, so that ``ŷ₁`` reads like ``y_hat_1``."""
    marks = ""
    base, low, high = "", "", ""
    for c in unicodedata.normalize("NFD", text):
        if c in _ACCENT_OF and len(base) == 1 and not marks:
            marks = f"_{_ACCENT_OF[c]}"
        elif c in _FROM_SUB:
            low += _FROM_SUB[c]
        elif c in _FROM_SUP:
            high += _FROM_SUP[c]
        elif low or high:
            return text
        else:
            base += c
    if not (marks or low or high):
        return text
    if marks:
        base = base[:1] + marks + base[1:]
    return base + (f"_{low}" if low else "") + (f"^{high}" if high else "")
