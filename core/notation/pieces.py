"""Pieces: written text that knows when it needs parentheses."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from chainrule.notation.characters import superscript
from chainrule.notation.styles import Style, minus
from chainrule.ops.base import ATOM, POWER, PRODUCT

Product: TypeAlias = Literal["scaled", "entries", "matrices"]
"""A product of a number and an array, of arrays entry by entry, or of matrices."""
_SLOT = re.compile(r"\{(\d+)\}")
_NEGATIVE = PRODUCT - 1


@dataclass(frozen=True)
class Piece:
    """Written text, how tightly it binds, and its sign, which is separate.

    Attributes:
        text: the text, without a sign.
        precedence: how tightly the text binds.
        negative: whether it has a minus sign.
        value: the number that the text is, if it is one, without its sign.
        raised: whether the text ends in a superscript, as W⁽¹⁾ does.
        products: the kinds of products in it that are not in parentheses.
    """

    text: str
    precedence: int = ATOM
    negative: bool = False
    value: float | None = None
    raised: bool = False
    products: frozenset[Product] = frozenset()

    def signed(self, style: Style) -> str:
        """Return the text with its sign."""
        return (minus(style) + self.text) if self.negative else self.text

    @property
    def binding(self) -> int:
        """How tightly it binds with its sign."""
        return min(self.precedence, _NEGATIVE) if self.negative else self.precedence

    def negated(self) -> Piece:
        """Return it with the other sign; a sum is put in parentheses."""
        text = self.text if self.precedence >= _NEGATIVE else f"({self.text})"
        binding = self.precedence if self.precedence >= _NEGATIVE else ATOM
        return replace(self, text=text, precedence=binding, negative=not self.negative)

    def enclosed(self, style: Style) -> Piece:
        """Return it with its sign in parentheses."""
        return Piece(parenthesized(self.signed(style), style))


def filled(
    template: str,
    operands: Sequence[Piece],
    precedence: int,
    style: Style,
    *,
    associative: bool = False,
) -> Piece:
    """Put operands into a template such as ``{0} + {1}``, in parentheses if need be.

    Args:
        template: the text of an operation, with a slot for each operand.
        operands: what to put into the slots.
        precedence: how tightly the operation binds.
        style: the style of template and operands.
        associative: whether ``a ∘ (b ∘ c)`` may be written ``a ∘ b ∘ c``.
    """
    parts: list[str] = []
    at = 0
    for slot in _SLOT.finditer(template):
        before, at = template[at : slot.start()], slot.end()
        operand = operands[int(slot[1])]
        if before.endswith("^") and style != "latex":
            parts += [_literal(before[:-1], style), _superscript(operand, style)]
            continue
        text = operand.signed(style)
        enclosed = template[: slot.start()].rstrip().endswith(tuple("([{|,"))
        alike = precedence < POWER and (slot.start() == 0 or associative)
        tight = operand.binding > precedence or operand.binding == ATOM
        transposed = template[at:].startswith(("ᵀ", r"^\top"))
        clash = operand.raised and precedence == POWER and not slot.start()
        fits = tight or (alike and operand.binding == precedence)
        if clash or not (enclosed or fits):
            text = parenthesized(text, style)
        elif operand.raised and transposed and style == "latex":
            text = f"{{{text}}}"
        parts += [_literal(before, style), text]
    parts.append(_literal(template[at:], style))
    raised = POWER <= precedence < ATOM
    products = frozenset[Product]()
    if precedence == PRODUCT:
        products = products.union(*(operand.products for operand in operands))
    return Piece("".join(parts), precedence, raised=raised, products=products)


def _literal(text: str, style: Style) -> str:
    return html.escape(text) if style == "html" else text


def parenthesized(text: str, style: Style) -> str:
    """Return text in parentheses."""
    if style == "latex" and r"\frac" in text:
        return rf"\left({text}\right)"
    return f"({text})"


def _superscript(piece: Piece, style: Style) -> str:
    text = piece.signed(style)
    if style == "html":
        return f"<SUP>{text}</SUP>"
    small = superscript(text)
    return small or (f"^{text}" if piece.binding == ATOM else f"^({text})")
