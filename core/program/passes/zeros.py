"""Zeros: gradients that do not flow, and all that is only computed from them.

`training` passes a gradient to the branch of its mode, and `zeros_like` to the other.
What lies behind that branch is not part of the program: its derivatives, NaN perhaps,
are not computed and multiplied by zero but left out.
"""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.dtypes import Dtype
from chainrule.node import Constant, Node
from chainrule.ops import (
    Add,
    BroadcastTo,
    Div,
    ExpandDims,
    Identity,
    Matmul,
    Mul,
    Neg,
    Op,
    Reshape,
    ScatterAdd,
    Slice,
    Squeeze,
    Sub,
    Sum,
    Take,
    Transpose,
    Unslice,
    Where,
    neg,
)  # fmt: skip
from chainrule.program.passes.domain import number
from chainrule.program.rewrite import Table, rewrite
from chainrule.shapes import Shape


class Zero(Op):
    """y = zeros, whatever they are multiplied by."""

    shape: tuple[int, ...]

    def infer(self) -> tuple[Shape, Dtype]:
        return self.shape, "float"


def without_zeros(roots: Sequence[Node]) -> list[Node]:
    """Leave out what is computed from zeros only; what is left of them are constants.

    All shapes are concrete.
    """
    return rewrite(rewrite(roots, _FLOWING), {Zero: (_filled,)})


def _is_zero(x: Node) -> bool:
    return isinstance(x.op, Zero)


def _zero(node: Node) -> Node:
    return Zero(node.shape)()  # type: ignore[arg-type]


def _product(node: Node) -> Node | None:
    return _zero(node) if any(map(_is_zero, node.inputs)) else None


def _linear(node: Node) -> Node | None:
    """Return zeros for an op that is linear in its first operand."""
    return _zero(node) if _is_zero(node.inputs[0]) else None


def _sum(node: Node) -> Node | None:
    a, b = node.inputs
    if _is_zero(b) and a.shape == node.shape:
        return a
    if _is_zero(a) and b.shape == node.shape:
        return neg(b) if isinstance(node.op, Sub) else b
    return None


def _chosen(node: Node) -> Node | None:
    _, *branches = node.inputs
    flows = any(not _is_zero(x) and number(x) != 0 for x in branches)
    return None if flows else _zero(node)


def _filled(node: Node) -> Node:
    zero = Constant(0.0)
    return BroadcastTo(node.shape)(zero) if node.shape else zero  # type: ignore[arg-type]


_LINEAR: tuple[type[Op], ...] = (
    Div, Neg, Identity, Sum, BroadcastTo, Reshape, ExpandDims, Squeeze, Transpose,
    ScatterAdd, Slice, Take, Unslice,
)  # fmt: skip
_FLOWING: Table = {
    **dict.fromkeys((Mul, Matmul), (_product,)),
    **dict.fromkeys((Add, Sub), (_sum,)),
    **dict.fromkeys(_LINEAR, (_linear,)),
    Where: (_chosen,),
}
