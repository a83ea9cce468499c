"""Students' answers: formulas as text, evaluated and never executed.

They may be written as diagrams print them, ``w₂ · σ(z₁) · (1 − σ(z₁))``, or as
keyboards have them, ``w_2*sigmoid(z_1)*(1-sigmoid(z_1))``. ``·`` and ``@`` multiply
matrices, ``⊙`` and ``*`` multiply entries; ``ᵀ``, ``^T`` and ``.T`` transpose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from chainrule.errors import DataError
from chainrule.notation.symbols import parse_symbol
from chainrule.viz.formulas.meanings import FUNCTIONS, Function, Names, meanings
from chainrule.viz.formulas.measures import Measure

LONGEST = 400
"""Characters that an answer may have."""

_WORD = re.compile(r"[^\W\d][\w'̂]*(?:[₀-ₜ]|⁽\d*[⁰¹²³⁴-⁹]*⁾|\^\(\d+\))*")
_TRANSPOSED = re.compile(r"[\^.]T(?!\w)|⊤")
_NUMBERED = re.compile(r"\s*\(\d+\)\s*(?=∂)")
_NORM = "‖·‖"


def read_answer(
    text: str, names: Names, functions: Mapping[str, Function] | None = None
) -> list[Measure]:
    """Return every array that an answer can mean.

    Args:
        text: the answer.
        names: what the names in the diagram stand for.
        functions: by name, what it may call beside those that everybody knows.

    Raises:
        DataError: it cannot be read, or names something unknown.
    """
    if len(text) > LONGEST:
        raise DataError(
            f"an answer must have at most {LONGEST} characters, got {len(text)}"
        )
    formula = _as_printed(text, names, {*FUNCTIONS, *(functions or ())})
    found: list[Measure] = []
    failures: list[DataError] = []
    for version in dict.fromkeys((formula, formula.replace("*", "·"))):
        try:
            found += meanings(version, names, functions)
        except DataError as error:
            failures.append(error)
    if not found:
        raise failures[0]
    return found


def parts_of(answer: str, question: str) -> list[str]:
    """Return what an answer claims: ``(1) ∂ŷ/∂z = 2 · x = 4`` says 2 · x, and 4.

    Args:
        answer: what was written.
        question: the symbol that was asked for, which may stand in front.
    """
    pieces = list(_split(_NUMBERED.sub("", answer), ("=",)))
    claims: list[str] = []
    for piece, _ in pieces:
        if claims and claims[-1] == _NORM:
            claims[-1] = f"{_NORM} = {piece}"
        elif piece:
            claims.append(piece)
    if len(claims) > 1 and claims[0].replace(" ", "") == question:
        del claims[0]
    return claims


def factors_of(formula: str) -> list[tuple[str, str]]:
    """Return the factors of a product, each with the sign in front of it.

    >>> factors_of("2 · (y − t) ⊙ x")
    [('2', ''), ('(y − t)', '·'), ('x', '⊙')]
    """
    if len(list(_split(formula, (" + ", " − ")))) > 1:
        return []
    return list(_split(formula, ("·", "⊙")))


def _split(text: str, marks: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Split text at marks outside brackets; each piece with the mark before it."""
    depth, start, before, at = 0, 0, "", 0
    while at < len(text):
        depth += (text[at] in "([") - (text[at] in ")]")
        mark = next((m for m in marks if text.startswith(m, at)), "")
        if mark and depth == 0 and text[at - 1 : at] != "‖":
            yield text[start:at].strip(), before.strip()
            before, start = mark, at + len(mark)
            at = start
        else:
            at += 1
    yield text[start:].strip(), before.strip()


def _as_printed(text: str, names: Names, functions: set[str]) -> str:
    """Write an answer with the names that the diagram has: ``y_hat`` is ŷ."""

    def printed(match: re.Match[str]) -> str:
        word = match[0]
        known = word if word in names else parse_symbol(word).unicode()
        if known not in names:
            return word
        opened = text[match.end() :].startswith("(") and word not in functions
        return f"{known} · " if opened else known

    text = _TRANSPOSED.sub("ᵀ", text)
    spaced = re.split(r"(∂[^\s·⊙*@+()−]*/∂[^\s·⊙*@+()−]*)", text)
    derivatives = [
        part if part in names else _WORD.sub(printed, part) for part in spaced
    ]
    return "".join(derivatives)
