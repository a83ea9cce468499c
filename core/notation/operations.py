"""Operations: one application of an op in writing, without noise.

Plain notation would say ``1 · x``, ``x + 0``, ``a + −b`` and ``−(−x)``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from chainrule.errors import ComponentError
from chainrule.node import Node
from chainrule.notation.pieces import Piece, Product, filled
from chainrule.notation.styles import Style, minus
from chainrule.ops import Add, Div, Matmul, Mul, Neg, Op, Sub, SumLike, Transpose
from chainrule.ops.base import SUM


def operation(node: Node, operands: Sequence[Piece], style: Style) -> Piece:
    """Write the op of a node with its operands."""
    short = _SHORT.get(type(node.op))
    piece = short(node, operands, style) if short else None
    return piece or _plain(node, operands, style)


def _plain(node: Node, operands: Sequence[Piece], style: Style) -> Piece:
    """Put the operands into the notation of a node's op."""
    assert node.op is not None
    notation, latex = node.op.written(node)
    template = (latex or notation) if style == "latex" else notation
    template = template or _call(node.op, len(operands), style)
    if template == "{0}":
        return operands[0]
    op = node.op
    try:
        return filled(
            template, operands, op.precedence, style, associative=op.associative
        )
    except IndexError:
        raise ComponentError(
            f"{type(op).__name__}: notation and latex must have slots for "
            f"operands, {{0}} to {{{len(operands) - 1}}}, got {template!r}"
        ) from None


def _call(op: Op, count: int, style: Style) -> str:
    """Return a template for an op that has no notation: its name and parentheses."""
    slots = ", ".join(f"{{{i}}}" for i in range(count))
    if style == "latex":
        safe = op.type_name.replace("_", r"\_")
        return rf"\operatorname{{{safe}}}\left({slots}\right)"
    return f"{op.type_name}({slots})"


def _add(node: Node, operands: Sequence[Piece], style: Style) -> Piece | None:
    a, b = operands
    if a.value == 0:
        return b
    if b.value == 0:
        return a
    return _difference(a, b.negated(), style) if b.negative else None


def _sub(node: Node, operands: Sequence[Piece], style: Style) -> Piece | None:
    a, b = operands
    if b.value == 0:
        return a
    if a.value == 0:
        return b.negated()
    if b.negative:
        return filled("{0} + {1}", (a, b.negated()), SUM, style, associative=True)
    return _difference(a, b, style)


def _difference(a: Piece, b: Piece, style: Style) -> Piece:
    return filled(f"{{0}} {minus(style)} {{1}}", (a, b), SUM, style)


def _mul(node: Node, operands: Sequence[Piece], style: Style) -> Piece | None:
    a, b, negative = _without_signs(operands)
    if a.value == 1 or b.value == 1:
        other = b if a.value == 1 else a
        return other.negated() if negative else other
    if b.value is not None and a.value is None:
        a, b = b, a
    kind: Product = "entries" if all(x.ndim for x in node.inputs) else "scaled"
    product = _product(node, a, b, kind, style)
    return product.negated() if negative else product


def _matmul(node: Node, operands: Sequence[Piece], style: Style) -> Piece | None:
    a, b = operands
    return _product(node, a, b, "matrices", style)


def _product(node: Node, a: Piece, b: Piece, kind: Product, style: Style) -> Piece:
    """Write a product; others in it get parentheses where they mix with it.

    ``a ⊙ 0.5 · b`` would read as the product of matrices ``(a ⊙ 0.5) · b``.
    """
    if a.products & _MIXED_LEFT[kind]:
        a = a.enclosed(style)
    if b.products & _MIXED_RIGHT[kind]:
        b = b.enclosed(style)
    product = _plain(node, (a, b), style)
    return replace(product, products=product.products | {kind})


def _div(node: Node, operands: Sequence[Piece], style: Style) -> Piece | None:
    a, b, negative = _without_signs(operands)
    if b.value == 1:
        return a.negated() if negative else a
    quotient = _plain(node, (a, b), style)
    return quotient.negated() if negative else quotient


def _without_signs(operands: Sequence[Piece]) -> tuple[Piece, Piece, bool]:
    """Return two factors without their signs, and whether their product is negative."""
    a, b = (p.negated() if p.negative else p for p in operands)
    return a, b, operands[0].negative != operands[1].negative


def _neg(node: Node, operands: Sequence[Piece], style: Style) -> Piece | None:
    return operands[0].negated()


def _transpose(node: Node, operands: Sequence[Piece], style: Style) -> Piece | None:
    return operands[0] if node.ndim < 2 else None


def _sum_like(node: Node, operands: Sequence[Piece], style: Style) -> Piece | None:
    return operands[0] if node.inputs[0].shape == node.shape else None


_MIXED_LEFT: Mapping[Product, set[Product]] = {
    "scaled": set(), "entries": {"matrices"}, "matrices": {"entries"},
}  # fmt: skip
_MIXED_RIGHT: Mapping[Product, set[Product]] = {
    "scaled": set(), "entries": {"matrices", "scaled"}, "matrices": {"entries"},
}  # fmt: skip
"""Kind of product → the kinds that need parentheses in its operand on that side."""

_Short: TypeAlias = Callable[[Node, Sequence[Piece], Style], Piece | None]
_SHORT: Mapping[type, _Short] = {
    Add: _add, Sub: _sub, Mul: _mul, Div: _div, Neg: _neg, Transpose: _transpose,
    SumLike: _sum_like, Matmul: _matmul,
}  # fmt: skip
"""For each op, its writer where the plain notation would be noise."""
