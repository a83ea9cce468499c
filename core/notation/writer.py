"""Expressions as people write them: Unicode, LaTeX and Graphviz HTML labels.

Printing follows the graph and knows what binds tighter than what, so
``(a + b) · c`` gets its parentheses and ``a + b · c`` none. What would only be
noise (``1 · x``, ``x + 0``, ``−(−x)``) is left out. Nothing here recurses: something
100,000 operations deep is cut with ``…``.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from chainrule.graph import Graph
from chainrule.node import Constant, Node
from chainrule.notation.naming import Naming
from chainrule.notation.symbols import Symbol, superscript
from chainrule.ops.arithmetic import Add, Div, Mul, Neg, Sub
from chainrule.ops.base import ATOM, POWER, PRODUCT, SUM
from chainrule.ops.broadcasting import SumLike
from chainrule.ops.shaping import Transpose

Style: TypeAlias = Literal["unicode", "latex", "html"]

DEPTH = 12
"""How many operations deep an expression is written out unless told otherwise."""
LONGEST = 300
"""How many characters of an expression are written; longer operands become ``…``."""

_SLOT = re.compile(r"\{(\d+)\}")
_NEGATIVE = PRODUCT - 1


class Written(Protocol):
    """Something with a symbol in every format."""

    def unicode(self) -> str: ...
    def latex(self) -> str: ...
    def html(self) -> str: ...


@dataclass(frozen=True)
class Piece:
    """Written text, how tightly it binds, and its sign, which is kept apart."""

    text: str
    precedence: int = ATOM
    negative: bool = False
    value: float | None = None
    """The number, where it is one (its absolute value)."""
    raised: bool = False
    """Whether it ends in a superscript, as W⁽¹⁾ does."""

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
        return Piece(text, binding, not self.negative, self.value)


def write(
    node: Node,
    style: Style = "unicode",
    *,
    naming: Naming | None = None,
    depth: int | None = DEPTH,
    longest: int = LONGEST,
) -> str:
    r"""Write the expression that a node is, in terms of the named nodes under it.

    Args:
        node: what to write; its own name is not used, only those under it.
        style: ``"unicode"``, ``"latex"`` (for math mode) or ``"html"`` (for Graphviz).
        naming: the symbols of nodes; without it, their own names.
        depth: operations to write out; deeper ones become ``…``. None: all.
        longest: characters; beyond it the longest operand becomes ``…``.

    >>> import chainrule as cr
    >>> t, y = cr.input("t"), cr.input("y_hat")
    >>> write(-2 * (t - y)), write((t - y) ** 2, "latex")
    ('−2 · (t − ŷ)', '(t - \\hat{y})^2')
    """
    naming = naming or Naming(Graph([node]))
    return _Writer(style, naming, longest).write(node, depth).signed(style)


def minus(style: Style) -> str:
    """Return the minus sign of a style."""
    return "-" if style == "latex" else "−"


def symbol_text(symbol: Written, style: Style) -> str:
    """Write a symbol in a style."""
    if style == "latex":
        return symbol.latex()
    return symbol.html() if style == "html" else symbol.unicode()


def number(value: float, style: Style = "unicode", digits: int = 4) -> str:
    """Write a number with a proper minus and power of ten: −0.3917, 1.2·10⁻⁷.

    >>> number(-0.39166), number(2.0), number(1.2e-7)
    ('−0.3917', '2', '1.2·10⁻⁷')
    """
    if math.isnan(value):
        return r"\text{NaN}" if style == "latex" else "NaN"
    sign = minus(style) if math.copysign(1, value) < 0 and value != 0 else ""
    size = abs(value)
    if math.isinf(size):
        return sign + (r"\infty" if style == "latex" else "∞")
    if size == int(size) and size < 10**6:
        return f"{sign}{int(size)}"
    text = f"{size:.{digits}g}"
    if "e" not in text:
        return sign + text
    mantissa, exponent = text.split("e")
    power = str(int(exponent))
    times = r" \cdot " if style == "latex" else "·"
    ten = f"10^{{{power}}}" if style == "latex" else f"10{superscript(power)}"
    return sign + (ten if mantissa == "1" else mantissa + times + ten)


class _Writer:
    def __init__(self, style: Style, naming: Naming, longest: int) -> None:
        self.style = style
        self.naming = naming
        self.longest = longest
        self.done: dict[tuple[Node, int | None], Piece] = {}

    def write(self, root: Node, depth: int | None) -> Piece:
        """Write a node, its operands first, with a stack instead of recursion."""
        start = (root, depth)
        stack = [start]
        while stack:
            node, left = key = stack[-1]
            if key in self.done:
                stack.pop()
                continue
            piece = self._atom(node, left, root)
            if piece is None:
                below = [(x, None if left is None else left - 1) for x in node.inputs]
                missing = [k for k in below if k not in self.done]
                if missing:
                    stack.extend(reversed(missing))
                    continue
                piece = self._applied(node, [self.done[k] for k in below])
            self.done[key] = piece
            stack.pop()
        return self.done[start]

    def _atom(self, node: Node, left: int | None, root: Node) -> Piece | None:
        """Write what is not taken apart: symbols, numbers, … where it is too deep."""
        part_of_root = node.origin and root.origin and node.origin.of is root.origin.of
        if isinstance(node, Constant) and not node.name:
            return self._constant(node)
        symbol = self.naming.symbol(node)
        if symbol and (not node.inputs or (node is not root and not part_of_root)):
            text = symbol_text(symbol, self.style)
            if isinstance(symbol, Symbol):
                return Piece(text, raised=bool(symbol.sup))
            if symbol.wrt == (symbol.of,):
                return Piece("1", value=1.0)
            return Piece(text, PRODUCT)
        if left is not None and left <= 0:
            return self._ellipsis()
        return None

    def _ellipsis(self) -> Piece:
        return Piece(r"\dots" if self.style == "latex" else "…")

    def _constant(self, node: Constant) -> Piece:
        if node.value.size == 1:
            value = float(node.value.reshape(()))
            return Piece(number(abs(value), self.style), ATOM, value < 0, abs(value))
        flat = node.value.reshape(-1)
        shown = [number(float(v), self.style) for v in flat[:3]]
        if flat.size > 3:
            shown.append(self._ellipsis().text)
        return Piece(f"[{', '.join(shown)}]")

    def _applied(self, node: Node, operands: list[Piece]) -> Piece:
        piece = self._combined(node, operands)
        while len(piece.text) > self.longest:
            lengths = [len(p.text) for p in operands]
            longest = max(lengths, default=0)
            if longest <= len(self._ellipsis().text):
                return self._ellipsis()
            operands[lengths.index(longest)] = self._ellipsis()
            piece = self._combined(node, operands)
        return piece

    def _combined(self, node: Node, operands: list[Piece]) -> Piece:
        special = _SPECIAL.get(type(node.op))
        if special is not None:
            piece = special(self, node, operands)
            if piece is not None:
                return piece
        return self.fill(node, operands)

    def fill(self, node: Node, operands: Sequence[Piece]) -> Piece:
        """Put the operands into the notation of a node's op."""
        op = node.op
        assert op is not None
        notation, latex = op.written(node)
        template = (latex or notation) if self.style == "latex" else notation
        if not template:
            slots = ", ".join(f"{{{i}}}" for i in range(len(operands)))
            name = op.type_name
            if self.style == "latex":
                safe = name.replace("_", r"\_")
                template = rf"\operatorname{{{safe}}}\left({slots}\right)"
            else:
                template = f"{name}({slots})"
        if template == "{0}":
            return operands[0]
        return self.put(template, operands, op.precedence, op.associative)

    def put(
        self,
        template: str,
        operands: Sequence[Piece],
        precedence: int,
        associative: bool = False,
    ) -> Piece:
        """Put operands into a template, with the parentheses they need."""
        parts: list[str] = []
        at = 0
        for slot in _SLOT.finditer(template):
            before, at = template[at : slot.start()], slot.end()
            operand = operands[int(slot[1])]
            if before.endswith("^") and self.style != "latex":
                parts += [self._literal(before[:-1]), self._raised(operand)]
                continue
            text = operand.signed(self.style)
            enclosed = template[: slot.start()].rstrip().endswith(tuple("([{|,"))
            alike = precedence < POWER and (slot.start() == 0 or associative)
            tight = operand.binding > precedence or operand.binding == ATOM
            transposed = template[at:].startswith(("ᵀ", r"^\top"))
            clash = operand.raised and precedence == POWER and not slot.start()
            fits = tight or (alike and operand.binding == precedence)
            if clash or not (enclosed or fits):
                text = self._parenthesized(text)
            elif operand.raised and transposed and self.style == "latex":
                text = f"{{{text}}}"
            parts += [self._literal(before), text]
        parts.append(self._literal(template[at:]))
        return Piece("".join(parts), precedence, raised=POWER <= precedence < ATOM)

    def _literal(self, text: str) -> str:
        return html.escape(text) if self.style == "html" else text

    def _parenthesized(self, text: str) -> str:
        if self.style == "latex" and r"\frac" in text:
            return rf"\left({text}\right)"
        return f"({text})"

    def _raised(self, piece: Piece) -> str:
        text = piece.signed(self.style)
        if self.style == "html":
            return f"<SUP>{text}</SUP>"
        small = superscript(text)
        return small or (f"^{text}" if piece.binding == ATOM else f"^({text})")


def _add(writer: _Writer, node: Node, operands: list[Piece]) -> Piece | None:
    a, b = operands
    if a.value == 0:
        return b
    if b.value == 0:
        return a
    if b.negative:
        return _difference(writer, a, b.negated())
    return None


def _sub(writer: _Writer, node: Node, operands: list[Piece]) -> Piece | None:
    a, b = operands
    if b.value == 0:
        return a
    if a.value == 0:
        return b.negated()
    if b.negative:
        return writer.put("{0} + {1}", (a, b.negated()), SUM, True)
    return _difference(writer, a, b)


def _difference(writer: _Writer, a: Piece, b: Piece) -> Piece:
    return writer.put(f"{{0}} {minus(writer.style)} {{1}}", (a, b), SUM)


def _mul(writer: _Writer, node: Node, operands: list[Piece]) -> Piece | None:
    a, b = operands
    negative = a.negative != b.negative
    a, b = (p.negated() if p.negative else p for p in operands)
    if a.value == 1 or b.value == 1:
        product = b if a.value == 1 else a
        return product.negated() if negative else product
    if b.value is not None and a.value is None:
        a, b = b, a
    product = writer.fill(node, (a, b))
    return Piece(product.text, product.precedence, negative)


def _div(writer: _Writer, node: Node, operands: list[Piece]) -> Piece | None:
    a, b = operands
    negative = a.negative != b.negative
    a, b = (p.negated() if p.negative else p for p in operands)
    if b.value == 1:
        return a.negated() if negative else a
    quotient = writer.fill(node, (a, b))
    return Piece(quotient.text, quotient.precedence, negative)


def _neg(writer: _Writer, node: Node, operands: list[Piece]) -> Piece | None:
    return operands[0].negated()


def _transpose(writer: _Writer, node: Node, operands: list[Piece]) -> Piece | None:
    return operands[0] if node.ndim < 2 else None


def _sum_like(writer: _Writer, node: Node, operands: list[Piece]) -> Piece | None:
    return operands[0] if node.inputs[0].shape == node.shape else None


_Special: TypeAlias = Callable[[_Writer, Node, list[Piece]], Piece | None]
_SPECIAL: dict[type, _Special] = {
    Add: _add, Sub: _sub, Mul: _mul, Div: _div, Neg: _neg, Transpose: _transpose,
    SumLike: _sum_like,
}  # fmt: skip
"""Where plain notation would be silly: 1 · x, x + 0, a + −b, −(−x)."""
