"""Characters: Greek, small and accented letters, and what LaTeX needs escaped."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

LONGEST = 40
"""Characters of a name that are shown; the rest becomes one ``…``."""

_GREEK_NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho "
    "sigma tau upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon "
    "Phi Psi Omega"
)
_GREEK_LETTERS = "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ"
GREEK: Mapping[str, str] = dict(zip(_GREEK_NAMES.split(), _GREEK_LETTERS, strict=True))
"""Name of a Greek letter → the letter."""
GREEK_TEX: Mapping[str, str] = {letter: f"\\{name}" for name, letter in GREEK.items()}
"""Greek letter → its LaTeX command."""
ACCENTS: Mapping[str, str] = {
    "hat": "\u0302", "bar": "\u0304", "tilde": "\u0303", "dot": "\u0307",
    "vec": "\u20d7",
}  # fmt: skip
"""Name of an accent → the combining character that follows a letter."""

_SUB = dict(zip("0123456789+-=()aehijklmnoprstuvxβγρφχ",
                "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ", strict=True))  # fmt: skip
_SUP = dict(zip("0123456789+-=()abcdefghijklmnoprstuvwxyzTVUW",
                "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀⱽᵁᵂ",
                strict=True))  # fmt: skip
_SUB["−"], _SUP["−"] = "₋", "⁻"
_FROM_SUB = {small: plain for plain, small in _SUB.items()}
_FROM_SUP = {small: plain for plain, small in _SUP.items()}
_SUB[","] = ","
_ACCENT_OF = {mark: name for name, mark in ACCENTS.items()}
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
    """Keep right-to-left letters from reordering the text around them."""
    if any(unicodedata.bidirectional(c) in ("R", "AL") for c in text):
        return f"\u2068{text}\u2069"
    return text


def subscript(text: str) -> str:
    """Return ``₂`` for ``2``, or nothing if a character has no such form."""
    return _small(text, _SUB)


def superscript(text: str) -> str:
    """Return ``²`` for ``2``, or nothing if a character has no such form."""
    return _small(text, _SUP)


def _small(text: str, table: Mapping[str, str]) -> str:
    return "".join(table[c] for c in text) if all(c in table for c in text) else ""


def spelled(text: str) -> str:
    """Spell out small characters and accents, so that ``ŷ₁`` becomes ``y_hat_1``."""
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


def tex_text(text: str) -> str:
    r"""Escape text for ``\text{…}``; letters LaTeX has no font for become U+05D0."""
    return "".join(map(_tex_character, text))


def _tex_character(c: str) -> str:
    if c in _TEX:
        return _TEX[c]
    if c in GREEK_TEX:
        return rf"\ensuremath{{{GREEK_TEX[c]}}}"
    if c in _FROM_SUP:
        return rf"\ensuremath{{{{}}^{{{_ascii_minus(_FROM_SUP[c])}}}}}"
    if c in _FROM_SUB:
        return rf"\ensuremath{{{{}}_{{{_ascii_minus(_FROM_SUB[c])}}}}}"
    if c.isascii() or ("\u00c0" <= c <= "\u017f" and c.isalpha()):
        return c
    return f"U+{ord(c):04X}"


def _ascii_minus(text: str) -> str:
    return text.replace("−", "-")
