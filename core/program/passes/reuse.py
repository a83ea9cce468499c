"""Reuse: derivatives computed from results that are there, not from operands."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.graph import topological
from chainrule.node import Node
from chainrule.ops import Greater, Relu, ToFloat, greater, to_float
from chainrule.program.passes.domain import number
from chainrule.program.rewrite import rewrite


def reuse(roots: Sequence[Node]) -> list[Node]:
    """Compute [z > 0] as [relu(z) > 0] where relu(z) is there.

    Then z is not kept for the backward pass, and relu can overwrite it.
    """
    relu_of = {n.inputs[0]: n for n in topological(roots) if isinstance(n.op, Relu)}

    def mask(node: Node) -> Node | None:
        (condition,) = node.inputs
        if isinstance(condition.op, Greater) and number(condition.inputs[1]) == 0.0:
            y = relu_of.get(condition.inputs[0])
            return None if y is None else to_float(greater(y, 0.0))
        return None

    return rewrite(roots, {ToFloat: (mask,)}) if relu_of else list(roots)
