"""Destinations: results computed right where they are to be assigned."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from chainrule.node import Node, Parameter
from chainrule.program.flat import Pack, places
from chainrule.program.phase import Assignment


class Destination(NamedTuple):
    """Elements of a parameter, from `start` on in its order."""

    target: Parameter
    start: int = 0


def destinations(
    assigns: Iterable[Assignment],
    may_overwrite: Callable[[Parameter, Node], bool],
    owner: Callable[[Node], Node | None],
) -> dict[Node, Destination]:
    """Choose which results are computed into parameters, and so need not be copied.

    The operands of a `Pack` are computed side by side in its target.

    Args:
        assigns: the assignments of a phase.
        may_overwrite: whether a parameter may be overwritten when a node is computed:
            its old value is not read any more, and the node fits. For a `Pack`, whose
            operands are written one by one, its old value must not be read at all.
        owner: the node whose memory has the elements of an operand of a `Pack`, in
            order, and that may be computed anywhere; None if there is not any.
    """
    found: dict[Node, Destination] = {}
    for target, node in assigns:
        if node in found or not may_overwrite(target, node):
            continue
        found[node] = Destination(target)
        if isinstance(node.op, Pack):
            for part, start in places(node):
                computed = owner(part)
                if computed is not None:
                    found.setdefault(computed, Destination(target, start))
    return found
