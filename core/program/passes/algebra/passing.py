"""Ops that pass their operand on: derivatives must have been taken before."""

from __future__ import annotations

from chainrule.node import Node
from chainrule.ops import Identity, StopGradient, ToFloat, stop_gradient
from chainrule.program.passes.rule import rule


@rule(
    Identity, StopGradient, ToFloat,
    example=lambda some: some.array(2) * stop_gradient(some.array(1)),
)  # fmt: skip
def _passed_on(node: Node) -> Node | None:
    """stop(x) = x, once derivatives are taken."""
    (x,) = node.inputs
    return x if x.dtype == node.dtype else None


PASSING = (_passed_on,)
