"""The OpenCL kernels of elementwise ops: the expression that computes one element.

``{0}``, ``{1}`` are operands, all of one type: a float vector, or a single number. A
condition is a mask, -1 where it holds and 0 elsewhere, with as many bits as a float.
A plugin's kernel is such an expression too.
"""

from __future__ import annotations

import re

from chainrule import ops
from chainrule.node import Node
from chainrule.ops import Elementwise, Op
from chainrule.program.scalars import EXPRESSIONS

ELEMENTWISE: dict[type[Op], str] = {
    **EXPRESSIONS,
    ops.Sign: "sign_of({0})",
    ops.Sin: "sine({0})",
    ops.Cos: "cosine({0})",
    ops.LogicalAnd: "{0} & {1}",
    ops.LogicalOr: "{0} | {1}",
    ops.LogicalNot: "~{0}",
    ops.Where: "{0} ? {1} : {2}",
    ops.ToFloat: "{0}",
    ops.ToInt: "{0}",
}
"""The expressions that all backends share, except where OpenCL C differs."""

MASKS = frozenset({
    ops.LogicalAnd, ops.LogicalOr, ops.LogicalNot, ops.Where, ops.Identity,
    ops.StopGradient,
})  # fmt: skip
"""Ops that compute with masks as they are."""


def is_relation(op: Op | None) -> bool:
    """Return whether an op tests values that are not masks, such as ``a < b``.

    In OpenCL C a test that holds is 1 for single numbers, but -1 for vectors.
    """
    tests = isinstance(op, Elementwise) and op.result == "bool"
    return tests and type(op) not in MASKS


_FOR_VECTORS = re.compile(r"\b(exp|expm1|log|log1p|tanh|erf|softplus)\(")
"""Calls that take no longer for a vector than for one of its elements."""


def calls_for_vectors(node: Node, expression: str) -> bool:
    """Return whether an expression of floats calls what is made for vectors."""
    return node.dtype == "float" and bool(_FOR_VECTORS.search(expression))
