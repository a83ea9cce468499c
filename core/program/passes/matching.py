"""Small questions that rules ask about nodes."""

from __future__ import annotations

from chainrule.node import Constant, Node
from chainrule.ops import BroadcastTo, ExpandDims, Mul, Reshape


def number(x: Node) -> float | None:
    """Return the number that x is, a scalar constant or one repeated, or None."""
    if isinstance(x.op, BroadcastTo):
        x = x.inputs[0]
    if isinstance(x, Constant) and x.shape == () and x.dtype != "bool":
        return float(x.value)
    return None


def is_zeros(x: Node) -> bool:
    """Whether x is an array filled with zero, as gradients that do not flow are."""
    return isinstance(x.op, BroadcastTo) and number(x) == 0.0


def strip(x: Node) -> Node:
    """Return what x repeats or what it adds axes of size 1 to."""
    while True:
        if isinstance(x.op, (BroadcastTo, ExpandDims)) or (
            isinstance(x.op, Reshape) and _without_ones(x) == _without_ones(x.inputs[0])
        ):
            x = x.inputs[0]
        else:
            return x


def _without_ones(x: Node) -> list[int | None]:
    return [s for s in x.shape if s != 1]


def factors(x: Node) -> list[Node]:
    """Return the factors of a product of products."""
    found: list[Node] = []
    stack = [x]
    while stack:
        node = stack.pop()
        if isinstance(node.op, Mul):
            stack.extend(reversed(node.inputs))
        else:
            found.append(node)
    return found
