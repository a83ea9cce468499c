"""Expressions as people write them, in terms of the named nodes under a node.

Parentheses follow what binds tighter than what, so ``(a + b) · c`` has them and
``a + b · c`` has none. Nothing here recurses: something 100,000 operations deep is cut
with ``…``.
"""

from __future__ import annotations

import math
import sys

from chainrule.graph import Graph
from chainrule.node import Constant, Node
from chainrule.notation.naming import Naming
from chainrule.notation.numbers import number
from chainrule.notation.operations import operation
from chainrule.notation.pieces import Piece, filled
from chainrule.notation.styles import Style, in_style, minus
from chainrule.notation.symbols import Symbol
from chainrule.ops import Count
from chainrule.ops.base import ATOM, PRODUCT, SUM

DEPTH = 12
"""How many operations deep an expression is written out unless told otherwise."""
LONGEST = 300
"""How many characters of an expression are written; longer operands become ``…``."""


def expression(
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
    >>> expression(-2 * (t - y)), expression((t - y) ** 2, "latex")
    ('−2 · (t − ŷ)', '(t - \\hat{y})^2')
    """
    naming = naming or Naming(Graph([node]))
    return _Writer(node, style, naming, longest).piece(depth).signed(style)


class _Writer:
    """Writes one expression; remembers what is written, as operands may be shared."""

    def __init__(self, root: Node, style: Style, naming: Naming, longest: int) -> None:
        self.root = root
        self.style = style
        self.naming = naming
        self.longest = longest
        self.ellipsis = Piece(r"\dots" if style == "latex" else "…")

    def piece(self, depth: int | None) -> Piece:
        """Write the root, operands before operations, with a stack of what is left.

        What is written in full is written once, at whatever depth it is met again.
        """
        cut: dict[tuple[Node, int], Piece] = {}
        full: dict[Node, tuple[int, Piece]] = {}  # and how many operations deep it is

        def done(node: Node, left: int) -> Piece | None:
            high, piece = full.get(node, (left + 1, None))
            return piece if high <= left else cut.get((node, left))

        stack = [(self.root, sys.maxsize if depth is None else depth)]
        root = stack[0]
        while stack:
            node, left = stack[-1]
            if done(node, left) is not None:
                stack.pop()
                continue
            atom = self._atom(node)
            if atom is not None:
                full[node] = 0, atom
            elif left <= 0:
                cut[node, left] = self.ellipsis
            else:
                below = [done(x, left - 1) for x in node.inputs]
                missing = [
                    (x, left - 1)
                    for x, piece in zip(node.inputs, below, strict=True)
                    if piece is None
                ]
                if missing:
                    stack.extend(reversed(missing))
                    continue
                piece = self._operation(node, [p for p in below if p is not None])
                highs = [full[x][0] if x in full else left for x in node.inputs]
                if max(highs, default=0) < left:
                    full[node] = max(highs, default=0) + 1, piece
                else:
                    cut[node, left] = piece
            stack.pop()
        written = done(*root)
        assert written is not None
        return written

    def _atom(self, node: Node) -> Piece | None:
        """Write a node that is not taken apart: a symbol or a number."""
        if isinstance(node, Constant) and not node.name:
            return self._constant(node)
        if isinstance(node.op, Count):
            return self._size(node)
        symbol = self.naming.symbol(node) or self.naming.twin(node)
        if symbol and (not node.inputs or node is not self.root):
            text = in_style(symbol, self.style)
            if isinstance(symbol, Symbol):
                return Piece(text, raised=bool(symbol.sup))
            if symbol.wrt == (symbol.of,):
                return Piece("1", value=1.0)
            return Piece(text, PRODUCT)
        return None

    def _size(self, node: Node) -> Piece:
        """Write how many elements lie along some axes: n, or n · m."""
        factors = self.naming.sizes.symbols(node)
        if not factors:
            return Piece("1", value=1.0)
        first, *others = [Piece(in_style(symbol, self.style)) for symbol, _ in factors]
        for other in others:
            times = r"{0} \cdot {1}" if self.style == "latex" else "{0} · {1}"
            first = filled(times, (first, other), PRODUCT, self.style, associative=True)
        return first

    def _constant(self, node: Constant) -> Piece:
        if node.value.size == 1:
            return self._number(float(node.value.reshape(())))
        flat = node.value.reshape(-1)
        shown = [number(float(v), self.style) for v in flat[:3]]
        if flat.size > 3:
            shown.append(self.ellipsis.text)
        return Piece(f"[{', '.join(shown)}]")

    def _number(self, value: float) -> Piece:
        """Write a number; one that is almost whole keeps what is left: 1 − 10⁻⁷."""
        size, whole = abs(value), round(abs(value)) if math.isfinite(value) else 0
        left = size - whole
        if not 0 < whole < 1000 or not left or number(size) != number(whole):
            return Piece(number(size, self.style), ATOM, value < 0, size)
        sign = "+" if left > 0 else minus(self.style)
        text = f"{whole} {sign} {number(abs(left), self.style)}"
        piece = Piece(text, SUM)
        return piece.negated() if value < 0 else piece

    def _operation(self, node: Node, operands: list[Piece]) -> Piece:
        """Write an operation; while it is too long, cut the longest operand."""
        piece = operation(node, operands, self.style)
        while len(piece.text) > self.longest:
            lengths = [len(p.text) for p in operands]
            longest = max(lengths, default=0)
            if longest <= len(self.ellipsis.text):
                return self.ellipsis
            operands[lengths.index(longest)] = self.ellipsis
            piece = operation(node, operands, self.style)
        return piece
