"""A parser for what diagrams print: ``w₂ · σ(z₁) · (1 − σ(z₁))`` as a tree.

It is a recursive descent, from what binds least to what binds most: a choice (``a if c
else b``), ∨, ∧, a comparison, a sum, Σ, a product, a sign, a power, an atom. Nothing is
executed. ``·`` multiplies matrices and ``⊙`` entries.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from chainrule.errors import DataError

DEEPEST = 60
"""Levels that formulas may nest."""

COMPARISONS = ("=", "≠", "<", "≤", ">", "≥")

_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_PLAIN = str.maketrans("−–×÷", "--⊙/")
_LETTER = r"(?:[^\W⁰¹²³⁴-⁹ᵀ]|['\u0302₊₋])"
"""A character of a name; raised numbers and ᵀ follow one."""
_GOES_ON = re.compile(rf"{_LETTER}|⁽|,(?=[₀-₉])")
"""Characters that continue a name, so that ``z`` is not read in ``z₁``."""
_NAME = rf"[^\W\d⁰¹²³⁴-⁹ᵀΣ]{_LETTER}*(?:⁽[^⁾]*⁾)?"
_TOKEN = re.compile(
    r"(?P<number>(?:\d+\.?\d*|\.\d+)(?:·10[⁻⁰¹²³⁴-⁹]+|[eE][-+]?\d+)?|∞|NaN)"
    rf"|(?P<name>∂²?{_NAME}(?:\(\w+\))?/∂{_NAME}(?:∂{_NAME}|²)?|{_NAME})"
    r"|(?P<power>[⁻⁰¹²³⁴-⁹]+)"
    r"|(?P<mark>\*\*|[-+*/@^()\[\]|<>≤≥=≠∧∨¬·⊙√Σᵀ,:…⋮‖])"
)


@dataclass(frozen=True)
class Term:
    """A part of a formula: what is done, and to which parts.

    `head` is an operator (``"+"``, ``"Σ"``, ``"if"``), ``"call"``, ``"number"`` or
    ``"name"``; `text` is the function, number or name.
    """

    head: str
    parts: tuple[Term, ...] = ()
    text: str = ""


def parse(text: str, names: Collection[str] = ()) -> Term:
    """Take a formula apart.

    Args:
        text: the formula.
        names: what it may name. The longest that fits is read, so names may contain
            anything; what looks like a name is read as one in any case.

    Raises:
        DataError: it is not a formula; says where.
    """
    return _Parser(text, names).parse()


class _Parser:
    def __init__(self, text: str, names: Collection[str]) -> None:
        self.tokens = _tokens(text.translate(_PLAIN).strip(), names)
        self.at = 0
        self.depth = 0

    def parse(self) -> Term:
        term = self._choice()
        if self.at < len(self.tokens):
            raise DataError(f"the formula cannot be read from {self._next!r} on")
        return term

    @property
    def _next(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    @property
    def _kind(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else "end"

    def _take(self, *marks: str) -> str:
        """Take the next token if it is one of some marks or words."""
        if self._kind in ("mark", "word") and self._next in marks:
            self.at += 1
            return self.tokens[self.at - 1][1]
        return ""

    def _expect(self, mark: str) -> None:
        if not self._take(mark):
            found = repr(self._next) if self._next else "its end"
            raise DataError(f"the formula lacks {mark!r} at {found}")

    def _choice(self) -> Term:
        self.depth += 1
        if self.depth > DEEPEST:
            raise DataError(f"a formula must nest at most {DEEPEST} levels deep")
        first = self._logical("∨", "∧")
        if self._take("if"):
            condition = self._logical("∨", "∧")
            self._expect("else")
            first = Term("if", (condition, first, self._choice()))
        self.depth -= 1
        return first

    def _logical(self, mark: str, *tighter: str) -> Term:
        def operand() -> Term:
            return self._logical(*tighter) if tighter else self._comparison()

        term = operand()
        while self._take(mark):
            term = Term(mark, (term, operand()))
        return term

    def _comparison(self) -> Term:
        term = self._sum()
        while mark := self._take(*COMPARISONS):
            term = Term(mark, (term, self._sum()))
        return term

    def _sum(self) -> Term:
        term = self._summand()
        while mark := self._take("+", "-"):
            term = Term(mark, (term, self._summand()))
        return term

    def _summand(self) -> Term:
        """Read a product, or one after Σ, which reaches to the next + or −."""
        if self._take("Σ"):
            return Term("Σ", (self._summand(),))
        if self._take("-"):
            return Term("neg", (self._summand(),))
        if self._take("+"):
            return self._summand()
        return self._product()

    def _product(self) -> Term:
        term = self._signed()
        while True:
            if mark := self._take("·", "@", "⊙", "*", "/"):
                head = {"@": "·", "*": "⊙"}.get(mark, mark)
                term = Term(head, (term, self._signed()))
            elif self._kind in ("number", "name") or self._next in ("(", "√"):
                term = Term("·", (term, self._power()))  # 2x
            else:
                return term

    def _signed(self) -> Term:
        if self._take("-"):
            return Term("neg", (self._signed(),))
        if self._take("+"):
            return self._signed()
        return self._power()

    def _power(self) -> Term:
        base = self._postfix()
        if self._kind == "power":
            exponent = self._next.translate(_RAISED)
            self.at += 1
            return Term("^", (base, Term("number", text=exponent)))
        if self._take("^", "**"):
            return Term("^", (base, self._signed()))
        return base

    def _postfix(self) -> Term:
        term = self._atom()
        while True:
            if self._take("ᵀ"):
                term = Term("ᵀ", (term,))
            elif self._next == "[" and self._kind == "mark":
                self.at += 1
                term = self._indexed(term)
            else:
                return term

    def _indexed(self, term: Term) -> Term:
        """Read ``[t]``, an index, or ``[0:2, :]``, a slice."""
        keys = [self._key()]
        while self._take(","):
            keys.append(self._key())
        self._expect("]")
        if len(keys) == 1 and keys[0].head != ":":
            return Term("index", (term, keys[0]))
        return Term("slice", (term, *keys))

    def _key(self) -> Term:
        bounds: list[str] = [""]
        start = self.at
        while self._next in (":", "-") or self._kind == "number":
            if self._take(":"):
                bounds.append("")
            else:
                bounds[-1] += self._next
                self.at += 1
        if len(bounds) > 1:
            return Term(":", text=":".join(bounds))
        self.at = start
        return self._choice()

    def _atom(self) -> Term:
        kind, text = self._kind, self._next
        self.at += 1
        if kind == "number":
            return Term("number", text=text)
        if kind in ("name", "word") and text not in ("if", "else"):
            if kind == "word" and self._next == "(":
                return Term("call", self._arguments("(", ")"), text)
            return Term("name", text=text)
        if text == "(":
            inner = self._choice()
            self._expect(")")
            return inner
        if text == "√":
            return Term("call", (self._atom(),), "√")
        if text == "¬":
            return Term("call", (self._atom(),), "¬")
        if text in ("|", "‖"):
            inner = self._choice()
            self._expect(text)
            return Term("call", (inner,), text)
        if text == "[":
            self.at -= 1
            return Term("list", self._arguments("[", "]"))
        if text in ("…", "⋮"):
            return Term("…")
        raise DataError(f"the formula cannot be read at {text or 'its end'!r}")

    def _arguments(self, opening: str, closing: str) -> tuple[Term, ...]:
        self._expect(opening)
        parts = [self._choice()]
        while self._take(","):
            parts.append(self._choice())
        self._expect(closing)
        return tuple(parts)


def _tokens(text: str, names: Collection[str]) -> list[tuple[str, str]]:
    """Split a formula; a ``word`` is a name that may also be a function's."""
    known = sorted((name.translate(_PLAIN) for name in names), key=len, reverse=True)
    given = {name.translate(_PLAIN): name for name in names}
    tokens: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        name = next((n for n in known if _stands_at(text, at, n)), None)
        if name is not None:
            tokens.append(("name", given[name]))
            at += len(name)
            continue
        match = _TOKEN.match(text, at)
        if not match:
            raise DataError(f"the formula cannot be read at {text[at]!r}")
        kind = str(match.lastgroup)
        tokens.append(("word" if kind == "name" else kind, match[0]))
        at = match.end()
    if not tokens:
        raise DataError("the formula is empty")
    return tokens


def _stands_at(text: str, at: int, name: str) -> bool:
    """Whether a name begins at a place, and is not the beginning of a longer one."""
    if not text.startswith(name, at):
        return False
    behind = text[at + len(name) :]
    if behind.startswith("("):
        return not name.isalpha()  # as in tanh(x)
    return not _GOES_ON.match(behind)
