"""Numbers that the host computes: what depends on learning rate and step alone.

Adam's 1 − β₂ᵗ needs float64, which a device may not have, and it is one number a step.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from chainrule import ops
from chainrule.graph import Constant, Node
from chainrule.ops import Op
from chainrule.ops.arithmetic import Maximum, Minimum
from chainrule.program import LEARNING_RATE, STEP

Number = np.float64

FUNCTIONS: dict[type[Op], Callable[..., object]] = {
    ops.Abs: np.abs,
    ops.Add: np.add,
    ops.Sub: np.subtract,
    ops.Mul: np.multiply,
    ops.Div: np.divide,
    ops.Neg: np.negative,
    ops.Pow: np.power,
    ops.Square: np.square,
    ops.Reciprocal: np.reciprocal,
    ops.Sqrt: np.sqrt,
    ops.Exp: np.exp,
    ops.Log: np.log,
    ops.Sin: np.sin,
    ops.Cos: np.cos,
    ops.Tanh: np.tanh,
    Maximum: np.maximum,
    Minimum: np.minimum,
    ops.Less: np.less,
    ops.LessEqual: np.less_equal,
    ops.Greater: np.greater,
    ops.GreaterEqual: np.greater_equal,
    ops.Where: np.where,
    ops.ToFloat: np.float64,
    ops.Identity: np.float64,
    ops.StopGradient: np.float64,
}
"""The ops that the host computes, in float64."""


class Numbers:
    """The numbers of a program, in the order in which they are computed."""

    def __init__(self) -> None:
        self._order: list[Node] = []
        self._known: set[Node] = set()

    def find(self, nodes: Sequence[Node]) -> Callable[[Node], bool]:
        """Find the numbers among nodes; return what says whether a node is one."""
        for node in nodes:
            if node in self._known or node.shape != ():
                continue
            if node is LEARNING_RATE or node is STEP or self._is_arithmetic(node):
                self._known.add(node)
                self._order.append(node)
        return self._known.__contains__

    def _is_arithmetic(self, node: Node) -> bool:
        depends = any(x in self._known for x in node.inputs)
        return depends and type(node.op) in FUNCTIONS and all(
            x in self._known or (isinstance(x, Constant) and x.shape == ())
            for x in node.inputs
        )

    def values(self, lr: float, step: int) -> dict[Node, float]:
        """Compute all numbers for a learning rate and a step."""
        known: dict[Node, float] = {LEARNING_RATE: float(lr), STEP: float(step)}
        with np.errstate(all="ignore"):
            for node in self._order:
                if node.op is not None:
                    operands = [
                        Number(known[x] if x in known else _constant(x))
                        for x in node.inputs
                    ]
                    known[node] = float(FUNCTIONS[type(node.op)](*operands))  # type: ignore[arg-type]
        return known


def _constant(node: Node) -> float:
    return float(node.value.item()) if isinstance(node, Constant) else math.nan
