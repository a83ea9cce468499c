"""Order: what is equally much work, with fewer vectors alive at a time."""

from __future__ import annotations

from chainrule.node import Node
from chainrule.ops import Div, Mul, div, mul
from chainrule.program.rewrite import Rules


def _numbers_last(node: Node) -> Node | None:
    """(s · a) / b = (a / b) · s for a number s: a / b may be written over b."""
    product, below = node.inputs
    if isinstance(product.op, Mul) and node.shape:
        for s, a in (product.inputs, product.inputs[::-1]):
            if s.shape == () and a.shape == below.shape == node.shape:
                return mul(div(a, below), s)
    return None


RULES: Rules = {Div: (_numbers_last,)}
