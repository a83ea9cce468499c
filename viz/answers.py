"""Students' answers: formulas as text, evaluated and never executed.

The parser understands what diagrams print, ``w₂ · σ(z₁) · (1 − σ(z₁))``, and what
keyboards have, ``w_2*sigmoid(z_1)*(1-sigmoid(z_1))``. ``·`` and ``@`` multiply
matrices, ``⊙`` and ``*`` multiply entries; ``ᵀ``, ``^T`` and ``.T`` transpose.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from chainrule.errors import DataError
from chainrule.notation.symbols import parse_symbol

Number: TypeAlias = Any
LONGEST = 400
"""Characters that an answer may have."""
DEEPEST = 40
"""Levels of parentheses that an answer may have."""


def _summed(x: Number) -> Number:
    """Sum over the examples, as a bias does."""
    return np.sum(x, axis=0 if np.ndim(x) else None)


def _times(a: Number, b: Number, dot: bool) -> Number:
    """Multiply: a dot multiplies matrices, as diagrams print it, and a star entries.

    Where the shapes allow only one of the two, that is what is meant.
    """
    if np.ndim(a) == np.ndim(b) == 2 and np.shape(a)[1] == np.shape(b)[0]:
        pairs = zip(np.shape(a), np.shape(b), strict=True)
        if dot or not all(m == n or 1 in (m, n) for m, n in pairs):
            return np.matmul(a, b)
    return a * b


_FUNCTIONS: dict[str, Callable[[Number], Number]] = {
    "σ": lambda x: 1 / (1 + np.exp(-x)), "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": np.tanh, "exp": np.exp, "ln": np.log, "log": np.log, "sin": np.sin,
    "cos": np.cos, "sqrt": np.sqrt, "√": np.sqrt, "abs": np.abs, "sign": np.sign,
    "relu": lambda x: np.maximum(x, 0), "Σ": _summed, "sum": _summed,
}  # fmt: skip

_CONDITIONS: dict[str, Callable[[Number, Number], Number]] = {
    ">": np.greater, "<": np.less, "≥": np.greater_equal, "≤": np.less_equal,
}  # fmt: skip
_TO_KEYBOARD = str.maketrans("−–·×⊙÷[]ᵀ", "--@**/()⊤")
_FROM_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+)"
    r"|(?P<derivative>∂²?[^\W\d][\w'̂⁰-₟]*(?:\(\w+\))?/∂[^\W\d][\w'̂⁰-₟⁽⁾]*)"
    r"|(?P<transpose>⊤|[\^.]T(?!\w))"
    r"|(?P<power>[⁻⁰¹²³⁴-⁹]+)"
    r"|(?P<name>[^\W\d][\w'̂]*(?:[₀-ₜ]|⁽\d*[⁰¹²³⁴-⁹]*⁾|\^\(\d+\))*)"
    r"|(?P<op>\*\*|[-+*/@^()><≥≤√σ]))"
)


def evaluate_text(text: str, values: Mapping[str, npt.ArrayLike]) -> Number:
    """Return the value of a formula; names are looked up in `values`.

    >>> float(evaluate_text("-2*(t - y_hat)", {"t": 1.0, "ŷ": 0.5}))
    -1.0

    Raises:
        DataError: it cannot be read, or names something unknown.
    """
    if len(text) > LONGEST:
        raise DataError(
            f"an answer must have at most {LONGEST} characters, got {len(text)}"
        )
    with np.errstate(all="ignore"):  # a wrong answer may well divide by zero
        return _Parser(text, values).parse()


class _Parser:
    """A recursive-descent parser: condition → sum → product → sign → power → atom."""

    def __init__(self, text: str, values: Mapping[str, npt.ArrayLike]) -> None:
        self.values = values
        self.tokens = self._tokens(text.translate(_TO_KEYBOARD))
        self.at = 0
        self.depth = 0

    def parse(self) -> Number:
        value = self._condition()
        if self.at < len(self.tokens):
            raise DataError(f"the answer cannot be read from {self._peek()[1]!r} on")
        return value

    def _tokens(self, text: str) -> list[tuple[str, str]]:
        tokens, at = [], 0
        text = text.strip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if not match or match.end() == at:
                raise DataError(f"the answer cannot be read at {text[at]!r}")
            kind = str(match.lastgroup)
            tokens.append((kind, match[kind]))
            at = match.end()
        if not tokens:
            raise DataError("the answer is empty")
        return tokens

    def _peek(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def _take(self, *wanted: str) -> str:
        kind, text = self._peek()
        if kind == "op" and text in wanted:
            self.at += 1
            return text
        return ""

    def _condition(self) -> Number:
        left = self._sum()
        if sign := self._take(*_CONDITIONS):
            return np.where(_CONDITIONS[sign](left, self._sum()), 1.0, 0.0)
        return left

    def _sum(self) -> Number:
        value = self._product()
        while sign := self._take("+", "-"):
            other = self._product()
            value = value + other if sign == "+" else value - other
        return value

    def _product(self) -> Number:
        value = self._signed()
        while True:
            if sign := self._take("*", "@"):
                value = _times(value, self._signed(), sign == "@")
            elif self._take("/"):
                value = np.divide(value, self._signed())
            elif self._peek()[0] in ("number", "name", "derivative") or (
                self._peek()[1] in ("(", "σ", "√")
            ):
                value = _times(value, self._power(), True)  # 2x
            else:
                return value

    def _signed(self) -> Number:
        negative = False
        while sign := self._take("+", "-"):
            negative ^= sign == "-"
        value = self._power()
        return -value if negative else value

    def _power(self) -> Number:
        base = self._atom()
        while self._peek()[0] == "transpose":
            self.at += 1
            base = np.transpose(base)
        kind, text = self._peek()
        if kind == "power":
            self.at += 1
            return np.power(base, float(text.translate(_FROM_SUPERSCRIPT)))
        if self._take("**", "^"):
            return np.power(base, self._signed())
        return base

    def _atom(self) -> Number:
        kind, text = self._peek()
        self.at += 1
        self.depth += 1
        if self.depth > DEEPEST:
            raise DataError(
                f"an answer must have at most {DEEPEST} levels of parentheses"
            )
        try:
            return self._parse_atom(kind, text)
        finally:
            self.depth -= 1

    def _parse_atom(self, kind: str, text: str) -> Number:
        if kind == "number":
            return np.float64(text)
        if kind == "op" and text == "(":
            value = self._condition()
            if not self._take(")"):
                raise DataError("the answer lacks a closing parenthesis")
            return value
        if text in _FUNCTIONS and self._peek()[1] == "(":
            return _FUNCTIONS[text](self._atom())
        if text == "Σ":
            return _summed(self._power())
        if kind in ("name", "derivative"):
            return np.asarray(self._value(text))
        raise DataError(f"the answer cannot be read at {text or 'its end'!r}")

    def _value(self, name: str) -> npt.ArrayLike:
        known = name if "∂" in name else parse_symbol(name).unicode()
        if known not in self.values:
            names = ", ".join(list(self.values)[:12])
            raise DataError(f"the answer names {name!r}; known here: {names}")
        return self.values[known]
